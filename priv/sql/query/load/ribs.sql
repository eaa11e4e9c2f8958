-- RIBs of the routers.
COPY (
  SELECT b.rib_id, b.peer_id, b.view::text, b.afi, b.safi, b.filtered, b.changed_at, b.routes, b.verified, b.end_of_rib,
    b.inferred
  FROM {schema}.bgp_ribs b
  JOIN {schema}.bgp_peers p ON p.peer_id = b.peer_id
  WHERE p.router_id IN ({router_ids})
) TO STDOUT (FORMAT binary)
