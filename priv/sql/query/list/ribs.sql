-- RIBs of the peers $1 that hold routes.
SELECT b.*, coalesce(b.verified >= r.generation, false) AS is_verified
FROM {schema}.bgp_ribs b
JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
WHERE b.routes > 0 AND b.peer_id = ANY ($1::uuid[])
ORDER BY b.peer_id, b.view, b.afi, b.safi
