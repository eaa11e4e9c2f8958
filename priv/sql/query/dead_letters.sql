-- What could not be decoded, newest first, without its octets: of router $1 or of all, before ($2, $3, $4, $5) where given (time,
-- generation, sequence and ordinal of the last one seen), at most $6.
SELECT d.time, d.router_id, d.peer_id, d.generation, d.sequence, d.ordinal, d."offset", d.path, d.reason, d.treatment, d.suspect,
       octet_length(d.raw) AS octets, r.sys_name, r.address AS router_address, p.address AS peer_address
FROM {schema}.bgp_dead_letters d
LEFT JOIN {schema}.bgp_routers r ON r.router_id = d.router_id
LEFT JOIN {schema}.bgp_peers p ON p.peer_id = d.peer_id
WHERE ($1::uuid IS NULL OR d.router_id = $1)
  AND ($2::timestamptz IS NULL OR (d.time, d.generation, d.sequence, d.ordinal) < ($2, $3::bigint, $4::bigint, $5::integer))
ORDER BY d.time DESC, d.generation DESC, d.sequence DESC, d.ordinal DESC
LIMIT $6::bigint
