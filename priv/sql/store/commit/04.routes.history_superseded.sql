-- First of the four route statements: changes that a later one of the same commit overtakes go to the history
-- and nowhere else.
INSERT INTO {schema}.bgp_routing_history
  (time, generation, sequence, path_id, router_time, med, local_pref, view, afi, origin, safi, synthetic, change,
   router_id, peer_id, nlri, prefix, nlri_text, next_hop, next_hop_octets, attributes, as_path, communities)
SELECT s.time, s.generation, s.sequence, s.path_id, s.router_time, s.med, s.local_pref,
  s.view::{schema}.bgp_rib_view, s.afi, s.origin::{schema}.bgp_origin, s.safi, s.synthetic,
  CASE WHEN s.supersedes OR s.change = 'withdraw' THEN s.change::{schema}.bgp_change
       WHEN t.active THEN 'change'
       ELSE 'announce' END,
  s.router_id, s.peer_id, s.nlri, s.prefix, s.nlri_text, s.next_hop, s.next_hop_octets, s.attributes,
  s.as_path, s.communities
FROM bmp_stage_routes s
LEFT JOIN {schema}.bgp_peers p ON p.peer_id = s.peer_id
LEFT JOIN {schema}.bgp_routing_state t
  ON t.peer_id = s.peer_id AND t.view = s.view::{schema}.bgp_rib_view AND t.afi = s.afi AND t.safi = s.safi
    AND t.nlri = s.nlri AND t.path_id = s.path_id
WHERE s.superseded
  AND (s.generation, s.sequence) > (coalesce(p.ended_generation, -1), coalesce(p.ended_sequence, -1))
  AND (t.peer_id IS NULL OR (s.generation, s.sequence) > (t.generation, t.sequence))
  AND (s.supersedes
       OR (s.change <> 'withdraw') IS DISTINCT FROM coalesce(t.active, false)
       OR s.change <> 'withdraw' AND (t.attributes, t.next_hop_octets) IS DISTINCT FROM (s.attributes, s.next_hop_octets))
