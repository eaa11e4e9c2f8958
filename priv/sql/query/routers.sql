-- Every router, with how many of its peers are up.
SELECT r.*, count(p.peer_id) AS peers, count(p.peer_id) FILTER (WHERE p.state = 'up') AS peers_up
FROM {schema}.bgp_routers r
LEFT JOIN {schema}.bgp_peers p ON p.router_id = r.router_id
GROUP BY r.router_id
ORDER BY r.sys_name, r.router_id
