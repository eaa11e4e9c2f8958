-- Second route statement: what is withdrawn stays as a tombstone with the attributes it had. A withdrawal of
-- what is not there, or not active, is no change.
WITH gone AS (
  UPDATE {schema}.bgp_routing_state t SET
    generation = s.generation, sequence = s.sequence, changed_at = s.time, router_time = s.router_time,
    active = false, synthetic = s.synthetic, change = s.change::{schema}.bgp_change
  FROM bmp_stage_routes s
  WHERE t.peer_id = s.peer_id AND t.view = s.view::{schema}.bgp_rib_view AND t.afi = s.afi AND t.safi = s.safi
    AND t.nlri = s.nlri AND t.path_id = s.path_id
    AND s.change = 'withdraw' AND NOT s.superseded
    AND (s.generation, s.sequence) > (t.generation, t.sequence)
    AND (t.active OR s.supersedes)
  RETURNING t.*
)
INSERT INTO {schema}.bgp_routing_history
  (time, generation, sequence, path_id, router_time, med, local_pref, view, afi, origin, safi, synthetic, change,
   router_id, peer_id, nlri, prefix, nlri_text, next_hop, next_hop_octets, attributes, as_path, communities)
SELECT changed_at, generation, sequence, path_id, router_time, NULL, NULL, view, afi, NULL, safi, synthetic, change,
  router_id, peer_id, nlri, prefix, nlri_text, NULL, ''::bytea, ''::bytea, NULL, NULL
FROM gone
