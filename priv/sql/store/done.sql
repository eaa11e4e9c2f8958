-- The commit's name, that it may be known as made.
INSERT INTO {schema}.bgp_commits (partition, commit_id, committed_at) VALUES ($1::integer, $2::uuid, clock_timestamp())
ON CONFLICT (partition) DO UPDATE SET commit_id = excluded.commit_id, committed_at = excluded.committed_at
