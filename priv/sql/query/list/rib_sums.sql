-- How many routes each peer has, and when one changed last.
LEFT JOIN (
  SELECT b.peer_id, sum(b.routes)::bigint AS routes, max(b.changed_at) AS changed_at
  FROM {schema}.bgp_ribs b WHERE b.routes > 0 GROUP BY b.peer_id
) s ON s.peer_id = p.peer_id
