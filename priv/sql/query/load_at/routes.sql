-- At most {most} routes with a prefix as they were at {at}, as load/routes.sql has them: prefix after prefix along the index, of each
-- what query/as_of.sql says. No more than {prefixes} prefixes are looked at, as all of them may have been withdrawn.
COPY (
  WITH RECURSIVE walked AS (
    SELECT {schema}.bgp_next_prefix({at}, NULL, NULL) AS prefix
    UNION ALL
    SELECT {schema}.bgp_next_prefix({at}, w.prefix, NULL) FROM walked w WHERE w.prefix IS NOT NULL
  )
  SELECT t.rib_id, t.path_id, t.nlri, t.generation, t.sequence, t.time, t.next_hop_octets, t.attributes
  FROM (SELECT prefix FROM walked WHERE prefix IS NOT NULL LIMIT {prefixes}) AS w
  CROSS JOIN LATERAL (
    SELECT l.*, s.next_hop_octets, s.attributes
    FROM (
      SELECT DISTINCT ON (h.rib_id, h.nlri_key, h.path_id) h.*
      FROM (
        SELECT rib_id, nlri_key, path_id, coalesce(nlri, nlri_key) AS nlri, set_id, change::text, time, generation, sequence
        FROM {schema}.bgp_routing_history WHERE prefix = w.prefix AND time <= {at}
        UNION ALL
        SELECT rib_id, nlri_key, path_id, coalesce(nlri, nlri_key), set_id, 'announce', changed_at, generation, sequence
        FROM {schema}.bgp_routing_state WHERE prefix = w.prefix AND changed_at <= {at}
      ) AS h
      ORDER BY h.rib_id, h.nlri_key, h.path_id, h.generation DESC, h.sequence DESC
    ) AS l
    JOIN {schema}.bgp_ribs b ON b.rib_id = l.rib_id
    JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
    JOIN {schema}.bgp_attribute_sets s ON s.set_id = l.set_id
    WHERE l.change <> 'withdraw'
      AND NOT EXISTS (
        SELECT FROM {schema}.bgp_peer_events e
        WHERE e.kind IN ('peer_down', 'expired') AND e.router_id = p.router_id
          AND (e.peer_id IS NULL OR e.peer_id = p.peer_id)
          AND e.time <= {at} AND (e.generation, e.sequence) > (l.generation, l.sequence))
  ) AS t
  LIMIT {most}
) TO STDOUT (FORMAT binary)
