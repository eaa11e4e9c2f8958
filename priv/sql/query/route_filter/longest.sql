-- What a packet to the address follows: of each RIB the longest prefix that covers it. The networks that cover it are at
-- most 33 or 129, and the index is asked for each, once.
(t.rib_id, t.prefix) IN (
  SELECT DISTINCT ON (c.rib_id) c.rib_id, c.prefix
  FROM {schema}.bgp_routing_state c
  WHERE c.prefix = ANY (ARRAY(SELECT set_masklen({1}::inet::cidr, n)::cidr
                              FROM generate_series(0, masklen({1}::inet::cidr)) n))
  ORDER BY c.rib_id, masklen(c.prefix) DESC)
AND t.prefix = ANY (ARRAY(SELECT set_masklen({1}::inet::cidr, n)::cidr
                          FROM generate_series(0, masklen({1}::inet::cidr)) n))
