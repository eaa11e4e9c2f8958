-- What a packet to the address follows: of each table the longest prefix that covers it. The networks that
-- cover it are at most 33 or 129, so the index is asked for each.
t.prefix = ANY (ARRAY(SELECT set_masklen({1}::inet::cidr, n)::cidr
                         FROM generate_series(0, masklen({1}::inet::cidr)) n))
  AND NOT EXISTS (
    SELECT FROM {schema}.bgp_routing_state longer
    WHERE longer.active AND longer.peer_id = t.peer_id AND longer.view = t.view AND longer.safi = t.safi
      AND longer.prefix = ANY (ARRAY(SELECT set_masklen({1}::inet::cidr, n)::cidr
                                    FROM generate_series(0, masklen({1}::inet::cidr)) n))
      AND masklen(longer.prefix) > masklen(t.prefix))
