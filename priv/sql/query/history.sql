-- What happened to prefix $1 between $2 and $3, newest first, at most $4 rows after the first $6, of peer $5 where
-- given: its own changes, and as
-- `implied` withdrawals the ends of its peers' routes (Peer Down, a router that did not come back) that met it.
WITH changes AS (
  SELECT h.time, h.generation, h.sequence, h.change, false AS implied, p.router_id, b.peer_id, h.rib_id, b.view, b.afi, b.safi,
    h.nlri_key, h.prefix, h.rd, h.labels, h.vnis, h.nlri_text, h.nlri, h.path_id, h.synthetic, h.after_gap, h.set_id, h.router_time,
    NULL::text AS reason
  FROM {schema}.bgp_routing_history h
  JOIN {schema}.bgp_ribs b ON b.rib_id = h.rib_id
  JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
  WHERE h.prefix = $1::cidr
    AND h.time <= coalesce($3::timestamptz, 'infinity')
    AND ($5::uuid IS NULL OR b.peer_id = $5)
), ends AS (
  SELECT e.time, e.generation, e.sequence, 'withdraw'::{schema}.bgp_change AS change, true AS implied, last.router_id,
    last.peer_id, last.rib_id, last.view, last.afi, last.safi, last.nlri_key, last.prefix, last.rd, last.labels, last.vnis, last.nlri_text, last.nlri,
    last.path_id, e.synthetic, false AS after_gap, NULL::uuid AS set_id, e.router_time, coalesce(e.reason, e.kind) AS reason
  FROM {schema}.bgp_peer_events e
  CROSS JOIN LATERAL (
    SELECT DISTINCT ON (c.rib_id, c.nlri_key, c.path_id) c.*
    FROM changes c
    WHERE c.router_id = e.router_id AND (e.peer_id IS NULL OR c.peer_id = e.peer_id)
      AND (c.generation, c.sequence) < (e.generation, e.sequence)
    ORDER BY c.rib_id, c.nlri_key, c.path_id, c.generation DESC, c.sequence DESC
  ) last
  WHERE e.kind IN ('peer_down', 'expired')
    AND last.change <> 'withdraw'
    AND e.time <= coalesce($3::timestamptz, 'infinity')
    AND e.router_id IN (SELECT router_id FROM changes)
    -- The first end after the route's last change is the one that met it.
    AND NOT EXISTS (
      SELECT FROM {schema}.bgp_peer_events f
      WHERE f.kind IN ('peer_down', 'expired') AND f.router_id = e.router_id
        AND (f.peer_id IS NULL OR f.peer_id = last.peer_id)
        AND (f.generation, f.sequence) > (last.generation, last.sequence)
        AND (f.generation, f.sequence) < (e.generation, e.sequence))
)
SELECT a.*, coalesce(a.nlri, a.nlri_key) AS whole_nlri, nullif(a.path_id, -1) AS add_path_id, s.origin, s.as_path,
  s.as_path_text, s.next_hop, s.med, s.local_pref, s.communities, s.attributes, r.sys_name, r.address AS router_address,
  p.address AS peer_address, p.asn AS peer_asn
FROM (SELECT * FROM changes UNION ALL SELECT * FROM ends) a
LEFT JOIN {schema}.bgp_attribute_sets s ON s.set_id = a.set_id
LEFT JOIN {schema}.bgp_routers r ON r.router_id = a.router_id
LEFT JOIN {schema}.bgp_peers p ON p.peer_id = a.peer_id
WHERE a.time >= coalesce($2::timestamptz, '-infinity')
ORDER BY a.time DESC, a.generation DESC, a.sequence DESC
LIMIT $4::bigint OFFSET $6::bigint
