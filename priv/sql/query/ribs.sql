-- RIBs that hold routes, of router $1 or of all.
SELECT p.router_id, b.*, coalesce(b.verified >= r.generation, false) AS is_verified
FROM {schema}.bgp_ribs b
JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
WHERE b.routes > 0
  AND ($1::uuid IS NULL OR p.router_id = $1)
ORDER BY p.router_id, b.peer_id, b.view, b.afi, b.safi
