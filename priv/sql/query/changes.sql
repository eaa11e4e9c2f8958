-- Changes between $1 and $2, newest first, at most $3 rows after the first $4: of router $5, of peer $6, inside prefix $7, of
-- routes that AS $8 originates, where given. An end of a whole peer is one row of bgp_peer_events, and none of these.
SELECT h.time, h.generation, h.sequence, h.change, false AS implied, p.router_id, b.peer_id, b.view, b.afi, b.safi, h.prefix,
  h.rd, h.labels, h.vnis, h.nlri_text, coalesce(h.nlri, h.nlri_key) AS whole_nlri, nullif(h.path_id, -1) AS add_path_id, h.synthetic, h.after_gap,
  NULL::text AS reason, s.origin, s.as_path, s.as_path_text, s.next_hop, s.med, s.local_pref, s.communities,
  r.sys_name, r.address AS router_address, p.address AS peer_address, p.asn AS peer_asn
FROM {schema}.bgp_routing_history h
JOIN {schema}.bgp_ribs b ON b.rib_id = h.rib_id
JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
LEFT JOIN {schema}.bgp_attribute_sets s ON s.set_id = h.set_id
WHERE h.time >= coalesce($1::timestamptz, '-infinity') AND h.time <= coalesce($2::timestamptz, 'infinity')
  AND ($5::uuid IS NULL OR p.router_id = $5)
  AND ($6::uuid IS NULL OR b.peer_id = $6)
  AND ($7::cidr IS NULL OR h.prefix <<= $7)
  AND ($8::bigint IS NULL OR s.origin_as = $8)
ORDER BY h.time DESC, h.generation DESC, h.sequence DESC
LIMIT $3::bigint OFFSET $4::bigint
