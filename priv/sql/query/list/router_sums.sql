-- How many peers of each router are up, how many routes they have, and when one changed last.
LEFT JOIN (
  SELECT p.router_id, count(*) FILTER (WHERE p.state = 'up') AS peers_up, sum(b.routes)::bigint AS routes, max(b.changed_at) AS changed_at
  FROM {schema}.bgp_peers p
  LEFT JOIN (
    SELECT b.peer_id, sum(b.routes) AS routes, max(b.changed_at) AS changed_at
    FROM {schema}.bgp_ribs b WHERE b.routes > 0 GROUP BY b.peer_id
  ) b ON b.peer_id = p.peer_id
  GROUP BY p.router_id
) s ON s.router_id = r.router_id
