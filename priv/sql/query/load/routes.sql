-- Routes of the routers: key, place in the order, identity of the attributes in their own octets.
COPY (
  SELECT t.rib_id, t.path_id, coalesce(t.nlri, t.nlri_key), t.generation, t.sequence, t.changed_at, s.next_hop_octets,
    s.attributes
  FROM {schema}.bgp_routing_state t
  JOIN {schema}.bgp_attribute_sets s ON s.set_id = t.set_id
  WHERE t.rib_id IN (
    SELECT b.rib_id FROM {schema}.bgp_ribs b
    JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
    WHERE p.router_id IN ({router_ids}))
) TO STDOUT (FORMAT binary)
