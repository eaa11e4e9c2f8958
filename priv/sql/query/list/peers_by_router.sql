-- As peers.sql, router by router in the order of their names, until the page is full; of the router of the last peer seen ($5 to $9: its
-- router's name and id, type, address, id) those that follow it. {down} is DESC where the highest come first, and {lowest} what
-- precedes all of a router.
SELECT p.*, r.sys_name, r.address AS router_address
FROM (
  SELECT r.router_id, r.sys_name, r.address, coalesce(nullif(r.sys_name, ''), host(r.address), '') COLLATE "C" AS name
  FROM {schema}.bgp_routers r
  WHERE ($1::uuid IS NULL OR r.router_id = $1)
    AND ($5::text IS NULL
         OR (coalesce(nullif(r.sys_name, ''), host(r.address), '') COLLATE "C", r.router_id) {from} ($5, $6::uuid))
  ORDER BY 4 {down}, 1 {down}
) r
CROSS JOIN LATERAL (
  SELECT p.*
  FROM {schema}.bgp_peers p
  WHERE p.router_id = r.router_id AND ($2::text[] = '{}' OR p.state = ANY ($2))
    AND {words}
    AND ($5 IS NULL
         OR (p.peer_type, p.address, p.peer_id) {follows}
            (CASE WHEN r.router_id = $6 THEN $7::smallint ELSE {lowest} END, $8::inet, $9::uuid))
  ORDER BY p.peer_type {down}, p.address {down}, p.peer_id {down}
  LIMIT $4::bigint
) p
ORDER BY r.name {down}, r.router_id {down}, p.peer_type {down}, p.address {down}, p.peer_id {down}
LIMIT $4
