-- At most {most} routes with a prefix as they were at {at}, as load/routes.sql has them: prefix after prefix along the indexes, of each
-- what query/as_of.sql says. No more than {prefixes} prefixes are looked at, as all of them may have been withdrawn. The next
-- prefix is that of bgp_next_prefix, whose calls took most of the time; and of each RIB it is found once where its routes last ended.
COPY (
  WITH RECURSIVE walked AS (
    SELECT {schema}.bgp_next_prefix({at}, NULL, NULL) AS prefix
    UNION ALL
    SELECT (
      SELECT n.prefix
      FROM (
        (SELECT h.prefix FROM {schema}.bgp_routing_history h
         WHERE h.prefix > w.prefix AND h.time <= {at} ORDER BY h.prefix LIMIT 1)
        UNION ALL
        (SELECT t.prefix FROM {schema}.bgp_routing_state t WHERE t.prefix > w.prefix ORDER BY t.prefix LIMIT 1)
      ) AS n
      ORDER BY n.prefix LIMIT 1
    )
    FROM walked w WHERE w.prefix IS NOT NULL
  ), ribs AS MATERIALIZED (
    SELECT b.rib_id, e.generation, e.sequence
    FROM {schema}.bgp_ribs b
    JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
    LEFT JOIN LATERAL (
      SELECT e.generation, e.sequence FROM {schema}.bgp_peer_events e
      WHERE e.kind IN ('peer_down', 'expired') AND e.router_id = p.router_id
        AND (e.peer_id IS NULL OR e.peer_id = p.peer_id) AND e.time <= {at}
      ORDER BY e.generation DESC, e.sequence DESC LIMIT 1
    ) AS e ON true
  )
  SELECT t.rib_id, t.path_id, t.nlri, t.generation, t.sequence, t.time, s.next_hop_octets, s.attributes
  FROM (
    SELECT t.*
    FROM (SELECT prefix FROM walked WHERE prefix IS NOT NULL LIMIT {prefixes}) AS w
    CROSS JOIN LATERAL (
      SELECT DISTINCT ON (h.rib_id, h.nlri_key, h.path_id) h.*
      FROM (
        SELECT rib_id, nlri_key, path_id, coalesce(nlri, nlri_key) AS nlri, set_id, change <> 'withdraw' AS is_there, time, generation,
          sequence
        FROM {schema}.bgp_routing_history WHERE prefix = w.prefix AND time <= {at}
        UNION ALL
        SELECT rib_id, nlri_key, path_id, coalesce(nlri, nlri_key), set_id, true, changed_at, generation, sequence
        FROM {schema}.bgp_routing_state WHERE prefix = w.prefix AND changed_at <= {at}
      ) AS h
      ORDER BY h.rib_id, h.nlri_key, h.path_id, h.generation DESC, h.sequence DESC
    ) AS t
    OFFSET 0
  ) AS t
  JOIN ribs ON ribs.rib_id = t.rib_id
  JOIN {schema}.bgp_attribute_sets s ON s.set_id = t.set_id
  WHERE t.is_there AND (ribs.generation IS NULL OR (ribs.generation, ribs.sequence) <= (t.generation, t.sequence))
  LIMIT {most}
) TO STDOUT (FORMAT binary)
