-- The station $2 takes the partition $1 for $3 milliseconds, if it is free. No row where another was faster.
INSERT INTO {schema}.bgp_partitions AS held (partition, owner, token, expires_at)
VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
ON CONFLICT (partition) DO UPDATE
SET owner = excluded.owner, token = held.token + 1, expires_at = excluded.expires_at
WHERE held.owner IS NULL OR held.expires_at <= clock_timestamp()
RETURNING token
