-- Peers of router $1, or of all routers where it is null.
SELECT p.*, r.sys_name, r.address AS router_address
FROM {schema}.bgp_peers p
JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
WHERE $1::uuid IS NULL OR p.router_id = $1
ORDER BY r.sys_name, p.router_id, p.peer_type, p.distinguisher, p.address, p.peer_id
