-- The station $1 no longer owns the partition $2, or any where that is NULL.
UPDATE {schema}.bgp_partitions SET owner = NULL, expires_at = clock_timestamp()
WHERE owner = $1 AND partition = coalesce($2, partition)
