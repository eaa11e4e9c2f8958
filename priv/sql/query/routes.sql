-- Routes of {state} that pass the filters (fragments of route_filter/, each begun with AND), in the order of their key, after the
-- key of the last one seen ($1 to $3; nulls for the first page), at most $4.
SELECT
  r.router_id, r.sys_name, r.address AS router_address, p.peer_id, p.address AS peer_address, p.asn AS peer_asn,
  p.bgp_id AS peer_bgp_id, p.peer_type, p.distinguisher, p.table_name, b.view, b.afi, b.safi,
  coalesce(t.nlri, t.nlri_key) AS nlri, t.prefix, t.rd, t.labels, t.vnis, t.nlri_text, nullif(t.path_id, -1) AS path_id,
  s.origin, s.as_path, s.as_path_text, s.next_hop, s.next_hop_octets, s.med, s.local_pref, s.communities,
  s.large_communities, s.extended_communities, s.other_attributes, s.attributes, t.generation, t.sequence,
  t.changed_at, p.state AS peer_state, b.inferred, t.rib_id, t.nlri_key, t.path_id AS key_path_id, {found} AS found
FROM {state} t
JOIN {schema}.bgp_ribs b ON b.rib_id = t.rib_id
JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
JOIN {set}
WHERE ($1::bigint IS NULL OR (t.rib_id, t.nlri_key, t.path_id) > ($1, $2::bytea, $3::bigint))
  {filters}
ORDER BY t.rib_id, t.nlri_key, t.path_id
LIMIT $4::bigint
