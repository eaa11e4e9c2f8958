-- Whether the partition's last commit had this batch's changes: it went through, and its station was not told.
SELECT EXISTS (SELECT FROM {schema}.bgp_commits WHERE partition = $1::integer AND $2::uuid = ANY (commit_ids))
