-- Whether the partition's last commit is this one: it went through, and its station was not told.
SELECT EXISTS (SELECT FROM {schema}.bgp_commits WHERE partition = $1::integer AND commit_id = $2::uuid)
