-- Those of the partitions $2 that the station $1 still owns, each with its token, for $3 milliseconds more.
UPDATE {schema}.bgp_partitions
SET expires_at = clock_timestamp() + $3 * interval '1 millisecond'
WHERE owner = $1 AND partition = ANY ($2)
RETURNING partition, token
