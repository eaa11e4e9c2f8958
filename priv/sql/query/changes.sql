-- Changes of routes from $1 to $2, newest first, after the place of the last one seen ($3 to $8; nulls for the first page), at
-- most $10. No more than $9 changes are looked at, so that a question for rare ones does not read years at once: the last of that
-- many is given also where it does not pass the filters (`matches`), and the next page begins after it. {prefixes} are the filters
-- that an index serves, {filters} the others (fragments of route_filter/). {from} says where the page's span of time begins:
-- changes_from.sql, where no index serves a filter. An end of a whole peer is one row of bgp_peer_events, and none of these.
WITH looked_at AS MATERIALIZED (
  SELECT t.*
  FROM {schema}.bgp_routing_history t
  WHERE t.time >= {from} AND t.time <= coalesce($3::timestamptz, $2::timestamptz, 'infinity')
    AND ($3::timestamptz IS NULL
      OR (t.time, t.generation, t.sequence, t.rib_id, t.nlri_key, t.path_id)
         < ($3, $4::bigint, $5::bigint, $6::bigint, $7::bytea, $8::bigint))
    {prefixes}
  ORDER BY t.time DESC, t.generation DESC, t.sequence DESC, t.rib_id DESC, t.nlri_key DESC, t.path_id DESC
  LIMIT $9::bigint
), placed AS (
  SELECT *, row_number() OVER (
    ORDER BY time DESC, generation DESC, sequence DESC, rib_id DESC, nlri_key DESC, path_id DESC) AS place
  FROM looked_at
), told AS (
  SELECT t.time, t.generation, t.sequence, t.change, false AS implied, p.router_id, b.peer_id, t.rib_id, b.view, b.afi, b.safi,
    t.prefix, t.rd, t.labels, t.vnis, t.nlri_text, t.nlri_key, coalesce(t.nlri, t.nlri_key) AS whole_nlri, t.path_id,
    nullif(t.path_id, -1) AS add_path_id, t.synthetic, t.after_gap, NULL::text AS reason, s.origin, s.as_path, s.as_path_text,
    s.next_hop, s.med, s.local_pref, s.communities, r.sys_name, r.address AS router_address, p.address AS peer_address,
    p.asn AS peer_asn, t.place, coalesce((true {filters}), false) AS matches
  FROM placed t
  JOIN {schema}.bgp_ribs b ON b.rib_id = t.rib_id
  JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
  JOIN {schema}.bgp_routers r ON r.router_id = p.router_id
  LEFT JOIN {schema}.bgp_attribute_sets s ON s.set_id = t.set_id
)
SELECT * FROM told WHERE matches OR place = $9 ORDER BY place LIMIT $10::bigint
