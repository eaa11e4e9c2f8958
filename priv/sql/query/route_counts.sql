-- Active routes by peer, view and family, of router $1 or of all.
SELECT t.router_id, t.peer_id, t.view, t.afi, t.safi, count(*) AS routes, max(t.changed_at) AS changed_at
FROM {schema}.bgp_routing_state t
WHERE t.active
  AND ($1::uuid IS NULL OR t.peer_id IN (SELECT peer_id FROM {schema}.bgp_peers WHERE router_id = $1))
GROUP BY t.router_id, t.peer_id, t.view, t.afi, t.safi
ORDER BY t.router_id, t.peer_id, t.view, t.afi, t.safi
