-- The views have the new columns last: nothing else may change in a view that is there.
CREATE OR REPLACE VIEW {schema}.bgp_routes AS
SELECT r.router_id, r.sys_name, r.address AS router_address, p.peer_id, p.address AS peer_address, p.asn AS peer_asn,
  p.peer_type, p.distinguisher, p.state AS peer_state, t.rib_id, b.view, b.afi, b.safi, t.prefix, t.nlri_text,
  coalesce(t.nlri, t.nlri_key) AS nlri, nullif(t.path_id, -1) AS path_id, s.next_hop, s.origin, s.as_path, s.origin_as,
  s.as_path_text, s.med, s.local_pref, s.communities, s.large_communities, s.extended_communities, s.other_attributes,
  s.next_hop_octets, s.attributes, t.set_id, t.changed_at, t.generation, t.sequence, t.rd, t.labels, t.vnis, b.inferred
FROM {schema}.bgp_routing_state t
JOIN {schema}.bgp_ribs b ON b.rib_id = t.rib_id
JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
JOIN {schema}.bgp_attribute_sets s ON s.set_id = t.set_id;
-- ;
CREATE OR REPLACE VIEW {schema}.bgp_changes AS
SELECT h.time, h.change, r.router_id, r.sys_name, r.address AS router_address, p.peer_id, p.address AS peer_address,
  p.asn AS peer_asn, p.peer_type, p.distinguisher, h.rib_id, b.view, b.afi, b.safi, h.prefix, h.nlri_text,
  coalesce(h.nlri, h.nlri_key) AS nlri, nullif(h.path_id, -1) AS path_id, s.next_hop, s.origin, s.as_path, s.origin_as,
  s.as_path_text, s.med, s.local_pref, s.communities, s.large_communities, s.extended_communities, s.other_attributes,
  h.set_id, h.router_time, h.synthetic, h.after_gap, h.generation, h.sequence, h.rd, h.labels,
  h.vnis
FROM {schema}.bgp_routing_history h
JOIN {schema}.bgp_ribs b ON b.rib_id = h.rib_id
JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
LEFT JOIN {schema}.bgp_attribute_sets s ON s.set_id = h.set_id;
-- ;
COMMENT ON TABLE {schema}.bgp_routers IS 'ServiceRadar BMP, version 3';
