-- This station runs a pipeline. $1 its name, $2 its roles, $3 for how long that is said, in milliseconds.
INSERT INTO {schema}.bgp_nodes (node, roles, expires_at)
VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
ON CONFLICT (node) DO UPDATE SET roles = excluded.roles, expires_at = excluded.expires_at
