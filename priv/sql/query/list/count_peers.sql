-- How many peers all pages of peers.sql have, counted up to $5.
SELECT count(*) AS peers
FROM (
  SELECT FROM {schema}.bgp_peers p JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
  WHERE ($1::uuid IS NULL OR p.router_id = $1) AND ($2::text[] = '{}' OR p.state = ANY ($2))
    AND ($4::inet IS NULL OR p.address = $4)
    AND {words}
  LIMIT $5::bigint
) counted
