-- Fourth route statement: routes the state table does not have. A plain insert behind an anti-join, which the
-- lock on the router makes safe: twice as fast as ON CONFLICT, whose insertions are speculative. A
-- withdrawal is inserted, as a tombstone, only where this same commit announced the route before.
WITH inserted AS (
  INSERT INTO {schema}.bgp_routing_state
    (generation, sequence, path_id, announced_at, changed_at, router_time, med, local_pref, view, afi, origin, safi,
     active, synthetic, change, router_id, peer_id, nlri, prefix, nlri_text, next_hop, next_hop_octets,
     attributes, as_path, as_path_text, communities, large_communities, extended_communities,
     other_attributes)
  SELECT s.generation, s.sequence, s.path_id, CASE WHEN s.change <> 'withdraw' THEN s.time END, s.time,
    s.router_time, s.med, s.local_pref, s.view::{schema}.bgp_rib_view, s.afi,
    s.origin::{schema}.bgp_origin, s.safi, s.change <> 'withdraw', s.synthetic,
    CASE WHEN s.supersedes OR s.change = 'withdraw' THEN s.change::{schema}.bgp_change ELSE 'announce' END,
    s.router_id, s.peer_id, s.nlri, s.prefix, s.nlri_text, s.next_hop, s.next_hop_octets, s.attributes,
    s.as_path, s.as_path_text, s.communities, s.large_communities, s.extended_communities,
    s.other_attributes
  FROM bmp_stage_routes s
  LEFT JOIN {schema}.bgp_peers p ON p.peer_id = s.peer_id
  WHERE NOT s.superseded
    AND (s.change <> 'withdraw' OR s.supersedes)
    AND (s.generation, s.sequence) > (coalesce(p.ended_generation, -1), coalesce(p.ended_sequence, -1))
    AND NOT EXISTS (
      SELECT FROM {schema}.bgp_routing_state t
      WHERE t.peer_id = s.peer_id AND t.view = s.view::{schema}.bgp_rib_view AND t.afi = s.afi AND t.safi = s.safi
        AND t.nlri = s.nlri AND t.path_id = s.path_id)
  RETURNING *
)
INSERT INTO {schema}.bgp_routing_history
  (time, generation, sequence, path_id, router_time, med, local_pref, view, afi, origin, safi, synthetic, change,
   router_id, peer_id, nlri, prefix, nlri_text, next_hop, next_hop_octets, attributes, as_path, communities)
SELECT changed_at, generation, sequence, path_id, router_time, med, local_pref, view, afi, origin, safi, synthetic,
  change, router_id, peer_id, nlri, prefix, nlri_text, next_hop, next_hop_octets, attributes, as_path,
  communities
FROM inserted
