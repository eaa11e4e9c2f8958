-- As peers.sql, router by router in the order of their names, until the page is full; of the router of the last peer seen ($6 to $10: its
-- router's name and id, type, address, id) those that follow it. {down} is DESC where the highest come first, and {lowest} what
-- precedes all of a router.
SELECT p.*, r.sys_name, r.address AS router_address
FROM (
  SELECT r.router_id, r.sys_name, r.address, coalesce(nullif(r.sys_name, ''), host(r.address), '') COLLATE "C" AS name
  FROM {schema}.bgp_routers r
  WHERE ($1::uuid IS NULL OR r.router_id = $1)
    AND ($6::text IS NULL
         OR (coalesce(nullif(r.sys_name, ''), host(r.address), '') COLLATE "C", r.router_id) {from} ($6, $7::uuid))
  ORDER BY 4 {down}, 1 {down}
) r
CROSS JOIN LATERAL (
  SELECT p.*
  FROM {schema}.bgp_peers p
  WHERE p.router_id = r.router_id AND ($2::text[] = '{}' OR p.state = ANY ($2))
    AND ($4::inet IS NULL OR p.address = $4)
    AND {words}
    AND ($6 IS NULL
         OR (p.peer_type, p.address, p.peer_id) {follows}
            (CASE WHEN r.router_id = $7 THEN $8::smallint ELSE {lowest} END, $9::inet, $10::uuid))
  ORDER BY p.peer_type {down}, p.address {down}, p.peer_id {down}
  LIMIT $5::bigint
) p
ORDER BY r.name {down}, r.router_id {down}, p.peer_type {down}, p.address {down}, p.peer_id {down}
LIMIT $5
