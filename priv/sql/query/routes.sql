-- Active routes that pass the filters (fragments of route_filter/, each begun with AND), in the order
-- of their key, after the key of the last one seen ($1 to $6; nulls for the first page), at most $7.
SELECT
  r.router_id, r.sys_name, r.address AS router_address, t.peer_id, p.address AS peer_address, p.asn AS peer_asn,
  p.bgp_id AS peer_bgp_id, p.peer_type, p.distinguisher, p.table_name, t.view, t.afi, t.safi, t.nlri, t.prefix,
  t.nlri_text, nullif(t.path_id, -1) AS path_id,
  t.origin, t.as_path, t.as_path_text, t.next_hop, t.next_hop_octets, t.med, t.local_pref, t.communities,
  t.large_communities, t.extended_communities, t.other_attributes, t.attributes, t.synthetic, t.generation, t.sequence,
  t.announced_at, t.changed_at, t.router_time, p.state AS peer_state, t.path_id AS key_path_id
FROM {schema}.bgp_routing_state t
JOIN {schema}.bgp_peers p ON p.peer_id = t.peer_id
JOIN {schema}.bgp_routers r ON r.router_id = t.router_id
WHERE t.active
  {filters}
  AND ($1::uuid IS NULL OR
       (t.peer_id, t.view, t.afi, t.safi, t.nlri, t.path_id) > ($1, $2::text::{schema}.bgp_rib_view, $3::integer,
        $4::smallint, $5::bytea, $6::bigint))
ORDER BY t.peer_id, t.view, t.afi, t.safi, t.nlri, t.path_id
LIMIT $7::bigint
