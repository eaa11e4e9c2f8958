-- What could not be decoded, newest first, of router $1 or of all, at most $2.
SELECT d.*, r.sys_name, r.address AS router_address
FROM {schema}.bgp_dead_letters d
LEFT JOIN {schema}.bgp_routers r ON r.router_id = d.router_id
WHERE $1::uuid IS NULL OR d.router_id = $1
ORDER BY d.time DESC, d.generation DESC, d.sequence DESC, d.ordinal DESC
LIMIT $2::bigint
