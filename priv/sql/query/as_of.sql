-- The routes of prefix $1 as they were at $2: the last change of each up to then, unless it was a withdrawal, or its peer
-- ended after it. A route that has not changed since before the history begins is known by the table itself.
WITH last AS (
  SELECT DISTINCT ON (h.rib_id, h.nlri_key, h.path_id) h.rib_id, h.nlri_key, h.path_id, h.prefix, h.set_id, h.change, h.time,
    h.generation, h.sequence
  FROM (
    SELECT rib_id, nlri_key, path_id, prefix, set_id, change::text, time, generation, sequence
    FROM {schema}.bgp_routing_history WHERE prefix = $1::cidr AND time <= $2::timestamptz
    UNION ALL
    SELECT rib_id, nlri_key, path_id, prefix, set_id, 'announce', changed_at, generation, sequence
    FROM {schema}.bgp_routing_state WHERE prefix = $1::cidr AND changed_at <= $2::timestamptz
  ) AS h
  ORDER BY h.rib_id, h.nlri_key, h.path_id, h.generation DESC, h.sequence DESC
)
SELECT r.sys_name, r.address AS router_address, p.router_id, p.peer_id, p.address AS peer_address, p.asn AS peer_asn, b.view,
  b.afi, b.safi, l.prefix, nullif(l.path_id, -1) AS add_path_id, l.time, l.generation, l.sequence, s.origin, s.as_path,
  s.as_path_text, s.origin_as, s.next_hop, s.med, s.local_pref, s.communities
FROM last l
JOIN {schema}.bgp_ribs b ON b.rib_id = l.rib_id
JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
JOIN {schema}.bgp_attribute_sets s ON s.set_id = l.set_id
WHERE l.change <> 'withdraw'
  AND NOT EXISTS (
    SELECT FROM {schema}.bgp_peer_events e
    WHERE e.kind IN ('peer_down', 'expired') AND e.router_id = p.router_id
      AND (e.peer_id IS NULL OR e.peer_id = p.peer_id)
      AND e.time <= $2::timestamptz AND (e.generation, e.sequence) > (l.generation, l.sequence))
ORDER BY r.sys_name, p.address, b.view, l.path_id
