-- Ends the connections that still hold a commit of the partition $1 open, asked for by the holder of its token $2.
SELECT count(pg_terminate_backend(pid))
FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 2 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND classid = (hashtext('{schema}')::bigint & 4294967295)::oid AND objid = $1::bigint::oid
  AND pid <> pg_backend_pid()
  AND EXISTS (SELECT FROM {schema}.bgp_partitions WHERE partition = $1 AND token = $2)
