-- What could not be decoded at ($1, $2, $3, $4): time, generation, sequence and ordinal, which no two of a router share.
SELECT d.time, d.router_id, d.peer_id, d.generation, d.sequence, d.ordinal, d."offset", d.path, d.reason, d.treatment, d.suspect,
       d.raw, octet_length(d.raw) AS octets, r.sys_name, r.address AS router_address, p.address AS peer_address
FROM {schema}.bgp_dead_letters d
LEFT JOIN {schema}.bgp_routers r ON r.router_id = d.router_id
LEFT JOIN {schema}.bgp_peers p ON p.peer_id = d.peer_id
WHERE d.time = $1::timestamptz AND d.generation = $2::bigint AND d.sequence = $3::bigint AND d.ordinal = $4::integer
  AND d.router_id IS NOT DISTINCT FROM $5::uuid
LIMIT 1
