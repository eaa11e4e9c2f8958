-- Third route statement: known routes (tombstones too) with other attributes or another next hop, or back
-- again. Heap-only updates: no indexed column is touched.
WITH changed AS (
  UPDATE {schema}.bgp_routing_state t SET
    generation = s.generation, sequence = s.sequence, changed_at = s.time, router_time = s.router_time,
    announced_at = CASE WHEN t.active THEN t.announced_at ELSE s.time END,
    active = true, synthetic = s.synthetic,
    change = CASE WHEN s.supersedes THEN s.change::{schema}.bgp_change
                  WHEN t.active THEN 'change'
                  ELSE 'announce' END,
    med = s.med, local_pref = s.local_pref, origin = s.origin::{schema}.bgp_origin, next_hop = s.next_hop,
    next_hop_octets = s.next_hop_octets, attributes = s.attributes, as_path = s.as_path,
    as_path_text = s.as_path_text, communities = s.communities, large_communities = s.large_communities,
    extended_communities = s.extended_communities, other_attributes = s.other_attributes
  FROM bmp_stage_routes s
  LEFT JOIN {schema}.bgp_peers p ON p.peer_id = s.peer_id
  WHERE t.peer_id = s.peer_id AND t.view = s.view::{schema}.bgp_rib_view AND t.afi = s.afi AND t.safi = s.safi
    AND t.nlri = s.nlri AND t.path_id = s.path_id
    AND s.change <> 'withdraw' AND NOT s.superseded
    AND (s.generation, s.sequence) > (t.generation, t.sequence)
    AND (s.generation, s.sequence) > (coalesce(p.ended_generation, -1), coalesce(p.ended_sequence, -1))
    AND (s.supersedes OR NOT t.active
         OR (t.attributes, t.next_hop_octets) IS DISTINCT FROM (s.attributes, s.next_hop_octets))
  RETURNING t.*
)
INSERT INTO {schema}.bgp_routing_history
  (time, generation, sequence, path_id, router_time, med, local_pref, view, afi, origin, safi, synthetic, change,
   router_id, peer_id, nlri, prefix, nlri_text, next_hop, next_hop_octets, attributes, as_path, communities)
SELECT changed_at, generation, sequence, path_id, router_time, med, local_pref, view, afi, origin, safi, synthetic,
  change, router_id, peer_id, nlri, prefix, nlri_text, next_hop, next_hop_octets, attributes, as_path,
  communities
FROM changed
