INSERT INTO {schema}.bgp_ribs AS t
  (rib_id, peer_id, view, afi, safi, routes, verified, end_of_rib, filtered, inferred, changed_at)
SELECT rib_id, peer_id, view::{schema}.bgp_rib_view, afi, safi, routes, verified, end_of_rib, filtered, inferred, changed_at
FROM bmp_stage_ribs
ON CONFLICT (rib_id) DO UPDATE SET
  routes = excluded.routes, verified = excluded.verified, end_of_rib = excluded.end_of_rib, filtered = excluded.filtered,
  inferred = excluded.inferred, changed_at = excluded.changed_at
