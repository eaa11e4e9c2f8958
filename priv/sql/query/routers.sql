-- Every router, with how many of its peers are up, and where its sessions come from that stand by.
SELECT r.*, count(p.peer_id) AS peers, count(p.peer_id) FILTER (WHERE p.state = 'up') AS peers_up,
  ARRAY(
    SELECT format('%s port %s (collector %s)', coalesce(host(s.address), 'an unknown address'), s.port, s.collector)
    FROM {schema}.bgp_sessions s WHERE s.router_id = r.router_id AND s.state = 'standby'
    ORDER BY s.generation DESC
  ) AS standby
FROM {schema}.bgp_routers r
LEFT JOIN {schema}.bgp_peers p ON p.router_id = r.router_id
GROUP BY r.router_id
ORDER BY r.sys_name, r.router_id
