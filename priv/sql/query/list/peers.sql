-- A page of peers, $5 at most, in an order of which {order} are the columns, after the last one seen ({after}): of router $1 or of all, in
-- one of the states $2 or (none are given) in any, with the address $4 or any. Only those of the page are put together.
SELECT p.*, r.sys_name, r.address AS router_address
FROM (
  SELECT p.peer_id
  FROM {schema}.bgp_peers p
  JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
  {join}
  WHERE ($1::uuid IS NULL OR p.router_id = $1) AND ($2::text[] = '{}' OR p.state = ANY ($2))
    AND ($4::inet IS NULL OR p.address = $4)
    AND {words}
    {after}
  ORDER BY {order}
  LIMIT $5::bigint
) page
JOIN {schema}.bgp_peers p ON p.peer_id = page.peer_id
JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
