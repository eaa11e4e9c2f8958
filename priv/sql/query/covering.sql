-- The prefix $1 and the networks that cover it, at most 33 or 129.
SELECT set_masklen($1::cidr, n) AS prefix FROM generate_series(0, masklen($1::cidr)) n
