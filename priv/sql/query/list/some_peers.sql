-- The peers with the ids $1.
SELECT p.*, r.sys_name, r.address AS router_address
FROM {schema}.bgp_peers p
JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
WHERE p.peer_id = ANY ($1::uuid[])
