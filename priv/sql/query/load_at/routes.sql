-- At most {most} routes with a prefix as they were at {at}, as load/routes.sql has them: prefix after prefix along the indexes, of each
-- what query/as_of.sql says. They are gone through in spans of some thousand rows, as the way from each prefix to the next and what had
-- to be sorted at each took longer than all else. What has not changed since is told by its own row. History is asked for the others, and
-- not at all in a span where nothing was told since, as long as nothing went since that history has no rows of: RIBs that ended, and
-- routes that were refused. Of each RIB it is found once where its routes last ended. No more rows are looked at than about twenty
-- times {prefixes}: all routes may have been withdrawn, or have changed very often.
COPY (
  WITH RECURSIVE spans AS (
    SELECT NULL::cidr AS after, '0.0.0.0/0'::cidr AS until
    UNION ALL
    SELECT w.until, coalesce(
      (SELECT h.prefix FROM {schema}.bgp_routing_history h
       WHERE h.prefix > w.until AND h.prefix <= coalesce(n.prefix, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128') AND h.time <= {at}
       ORDER BY h.prefix OFFSET 2 * least({most}, 100000) LIMIT 1),
      n.prefix,
      -- The last span is all that is left.
      greatest(
        (SELECT t.prefix FROM {schema}.bgp_routing_state t WHERE t.prefix > w.until ORDER BY t.prefix DESC LIMIT 1),
        (SELECT h.prefix FROM {schema}.bgp_routing_history h
         WHERE h.prefix > w.until AND h.time <= {at} ORDER BY h.prefix DESC LIMIT 1)))
    FROM spans w
    CROSS JOIN LATERAL (
      SELECT (SELECT t.prefix FROM {schema}.bgp_routing_state t
              WHERE t.prefix > w.until ORDER BY t.prefix OFFSET least({most}, 100000) LIMIT 1) AS prefix
      OFFSET 0
    ) AS n
    WHERE w.until IS NOT NULL
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
  ), gone AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM {schema}.bgp_peer_events WHERE kind IN ('peer_down', 'expired') AND time > {at})
      OR EXISTS (SELECT FROM {schema}.bgp_dead_letters WHERE treatment = 'refused' AND time > {at}) AS untold
  )
  SELECT t.rib_id, t.path_id, t.nlri, t.generation, t.sequence, t.time, s.next_hop_octets, s.attributes
  FROM (
    SELECT t.*
    FROM (
      SELECT after, until FROM spans WHERE until IS NOT NULL LIMIT 1 + 20 * {prefixes} / (2 * least({most}, 100000))
    ) AS w
    CROSS JOIN LATERAL (
      WITH present AS MATERIALIZED (
        SELECT rib_id, nlri_key, path_id, coalesce(nlri, nlri_key) AS nlri, set_id, changed_at AS time, generation, sequence
        FROM {schema}.bgp_routing_state
        WHERE prefix >= coalesce(w.after, '0.0.0.0/0') AND prefix IS DISTINCT FROM w.after AND prefix <= w.until
          AND changed_at <= {at}
      )
      SELECT * FROM present
      UNION ALL
      SELECT p.rib_id, p.nlri_key, p.path_id, p.nlri, p.set_id, p.time, p.generation, p.sequence
      FROM (
        SELECT DISTINCT ON (h.rib_id, h.nlri_key, h.path_id)
          h.rib_id, h.nlri_key, h.path_id, coalesce(h.nlri, h.nlri_key) AS nlri, h.set_id, h.change, h.time, h.generation, h.sequence
        FROM {schema}.bgp_routing_history h
        WHERE h.prefix >= coalesce(w.after, '0.0.0.0/0') AND h.prefix IS DISTINCT FROM w.after AND h.prefix <= w.until
          AND h.time <= {at}
          AND ((SELECT untold FROM gone) OR EXISTS (
            SELECT FROM {schema}.bgp_routing_history l
            WHERE l.prefix >= coalesce(w.after, '0.0.0.0/0') AND l.prefix <= w.until AND l.time > {at}))
          AND NOT EXISTS (
            SELECT FROM present n WHERE n.rib_id = h.rib_id AND n.nlri_key = h.nlri_key AND n.path_id = h.path_id)
        ORDER BY h.rib_id, h.nlri_key, h.path_id, h.generation DESC, h.sequence DESC
      ) AS p
      WHERE p.change <> 'withdraw'
    ) AS t
    LEFT JOIN ribs ON ribs.rib_id = t.rib_id
    WHERE (coalesce(ribs.generation, -1), coalesce(ribs.sequence, -1)) <= (t.generation, t.sequence)
    LIMIT {most}
  ) AS t
  JOIN {schema}.bgp_attribute_sets s ON s.set_id = t.set_id
) TO STDOUT (FORMAT binary)
