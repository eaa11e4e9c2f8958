-- The names of the batches whose changes were committed, that they may be known as made.
INSERT INTO {schema}.bgp_commits (partition, commit_ids, committed_at) VALUES ($1::integer, $2::uuid[], clock_timestamp())
ON CONFLICT (partition) DO UPDATE SET commit_ids = excluded.commit_ids, committed_at = excluded.committed_at
