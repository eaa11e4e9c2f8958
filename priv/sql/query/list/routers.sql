-- A page of routers (or router $2), $1 at most, in an order of which {order} are the columns, after the last one seen ({after}). Only those of the page are
-- put together.
SELECT r.*, of_peers.*, of_ribs.*,
  ARRAY(
    SELECT format('%s port %s (collector %s)', coalesce(host(s.address), 'an unknown address'), s.port, s.collector)
    FROM {schema}.bgp_sessions s WHERE s.router_id = r.router_id AND s.state = 'standby'
    ORDER BY s.generation DESC
  ) AS standby
FROM (
  SELECT r.router_id
  FROM {schema}.bgp_routers r
  {join}
  WHERE ($2::uuid IS NULL OR r.router_id = $2)
    {after}
  ORDER BY {order}
  LIMIT $1::bigint
) page
JOIN {schema}.bgp_routers r ON r.router_id = page.router_id
CROSS JOIN LATERAL (
  SELECT count(*) AS peers, count(*) FILTER (WHERE p.state = 'up') AS peers_up, count(*) FILTER (WHERE NOT {own}) AS sessions
  FROM {schema}.bgp_peers p WHERE p.router_id = r.router_id
) of_peers
CROSS JOIN LATERAL (
  SELECT coalesce(sum(b.routes), 0)::bigint AS routes, max(b.changed_at) AS last_change
  FROM {schema}.bgp_peers p JOIN {schema}.bgp_ribs b ON b.peer_id = p.peer_id
  WHERE p.router_id = r.router_id AND b.routes > 0
) of_ribs
