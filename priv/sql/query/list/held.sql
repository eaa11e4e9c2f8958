-- How many routes each table holds that has any.
SELECT p.router_id, b.peer_id, b.view::text, b.afi, b.safi, b.routes
FROM {schema}.bgp_ribs b
JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
WHERE b.routes > 0
