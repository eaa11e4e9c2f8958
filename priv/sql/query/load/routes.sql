-- Active routes of the routers: key, identity of the attributes in their own octets, place in the order.
COPY (
  SELECT t.peer_id, t.view::text, t.afi, t.safi, t.nlri, t.path_id, t.next_hop_octets, t.attributes, t.generation,
    t.sequence, t.changed_at, t.router_time
  FROM {schema}.bgp_routing_state t
  JOIN {schema}.bgp_peers p ON p.peer_id = t.peer_id
  WHERE p.router_id IN ({router_ids}) AND t.active
  ORDER BY t.peer_id
) TO STDOUT (FORMAT binary)
