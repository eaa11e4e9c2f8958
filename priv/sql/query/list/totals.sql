-- How much there is of router $1, or of all, for headings.
SELECT of_routers.*, of_peers.*,
  ARRAY(
    SELECT ARRAY[b.afi, b.safi, sum(b.routes)::bigint]
    FROM {schema}.bgp_ribs b
    WHERE b.routes > 0
      AND ($1::uuid IS NULL OR b.peer_id IN (SELECT p.peer_id FROM {schema}.bgp_peers p WHERE p.router_id = $1))
    GROUP BY b.afi, b.safi
  ) AS families
FROM (
  SELECT count(*) AS routers, count(*) FILTER (WHERE r.state = 'connected') AS routers_connected
  FROM {schema}.bgp_routers r WHERE $1::uuid IS NULL OR r.router_id = $1
) of_routers
CROSS JOIN (
  SELECT count(*) AS sessions, count(*) FILTER (WHERE p.state = 'up') AS sessions_up,
    count(*) FILTER (WHERE p.state IN ('down', 'stale')) AS sessions_troubled
  FROM {schema}.bgp_peers p WHERE ($1::uuid IS NULL OR p.router_id = $1) AND NOT {own}
) of_peers
