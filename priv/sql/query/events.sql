-- Events of sessions and peers, newest first: of router $1 and peer $2 where given, before ($3, $4, $5) where
-- given (time, generation, sequence of the last one seen), at most $6.
SELECT e.*, r.sys_name, r.address AS router_address, p.address AS peer_address, p.asn AS peer_asn
FROM {schema}.bgp_peer_events e
LEFT JOIN {schema}.bgp_routers r ON r.router_id = e.router_id
LEFT JOIN {schema}.bgp_peers p ON p.peer_id = e.peer_id
WHERE ($1::uuid IS NULL OR e.router_id = $1)
  AND ($2::uuid IS NULL OR e.peer_id = $2)
  AND ($3::timestamptz IS NULL OR (e.time, e.generation, e.sequence) < ($3, $4::bigint, $5::bigint))
ORDER BY e.time DESC, e.generation DESC, e.sequence DESC
LIMIT $6::bigint
