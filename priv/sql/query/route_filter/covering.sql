-- The prefix and everything that covers it: at most 33 or 129 networks.
t.prefix = ANY (ARRAY(SELECT set_masklen({1}::cidr, n) FROM generate_series(0, masklen({1}::cidr)) n))
