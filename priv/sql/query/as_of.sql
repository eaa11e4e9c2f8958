-- The routes of the prefixes $2 as they were at $1 and pass the filters (fragments of route_filter/): the last change of each
-- up to then, unless it was a withdrawal, or its peer ended after it. A route that has not changed since before the history begins
-- is known by the table itself. What is said of peers and routers is what is known of them now. Where the routes of a peer or of a router
-- last ended is found once, and not for each route.
WITH last AS (
  SELECT DISTINCT ON (h.rib_id, h.nlri_key, h.path_id) h.*
  FROM (
    SELECT rib_id, nlri_key, path_id, prefix, rd, labels, vnis, nlri_text, nlri, set_id, change::text, time, generation, sequence
    FROM {schema}.bgp_routing_history WHERE prefix = ANY ($2::cidr[]) AND time <= $1::timestamptz
    UNION ALL
    SELECT rib_id, nlri_key, path_id, prefix, rd, labels, vnis, nlri_text, nlri, set_id, 'announce', changed_at, generation,
      sequence
    FROM {schema}.bgp_routing_state WHERE prefix = ANY ($2::cidr[]) AND changed_at <= $1::timestamptz
  ) AS h
  ORDER BY h.rib_id, h.nlri_key, h.path_id, h.generation DESC, h.sequence DESC
), ends AS MATERIALIZED (
  SELECT DISTINCT ON (e.router_id, e.peer_id) e.router_id, e.peer_id, e.generation, e.sequence
  FROM {schema}.bgp_peer_events e
  WHERE e.kind IN ('peer_down', 'expired') AND e.time <= $1::timestamptz
    AND e.router_id = ANY (ARRAY(
      SELECT DISTINCT p.router_id
      FROM last l
      JOIN {schema}.bgp_ribs b ON b.rib_id = l.rib_id
      JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id))
  ORDER BY e.router_id, e.peer_id, e.generation DESC, e.sequence DESC
)
SELECT
  r.router_id, r.sys_name, r.address AS router_address, p.peer_id, p.address AS peer_address, p.asn AS peer_asn,
  p.bgp_id AS peer_bgp_id, p.peer_type, p.distinguisher, p.table_name, b.view, b.afi, b.safi, b.inferred,
  coalesce(t.nlri, t.nlri_key) AS nlri, t.prefix, t.rd, t.labels, t.vnis, t.nlri_text, nullif(t.path_id, -1) AS path_id,
  s.origin, s.as_path, s.as_path_text, s.next_hop, s.next_hop_octets, s.med, s.local_pref, s.communities,
  s.large_communities, s.extended_communities, s.other_attributes, s.attributes, t.generation, t.sequence,
  t.time AS changed_at, NULL AS peer_state
FROM last t
JOIN {schema}.bgp_ribs b ON b.rib_id = t.rib_id
JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
JOIN {schema}.bgp_attribute_sets s ON s.set_id = t.set_id
LEFT JOIN ends of_peer ON of_peer.router_id = p.router_id AND of_peer.peer_id = p.peer_id
LEFT JOIN ends of_router ON of_router.router_id = p.router_id AND of_router.peer_id IS NULL
WHERE t.change <> 'withdraw'
  AND (of_peer.generation IS NULL OR (of_peer.generation, of_peer.sequence) <= (t.generation, t.sequence))
  AND (of_router.generation IS NULL OR (of_router.generation, of_router.sequence) <= (t.generation, t.sequence))
  {filters}
ORDER BY t.prefix, t.rib_id, t.nlri_key, t.path_id
