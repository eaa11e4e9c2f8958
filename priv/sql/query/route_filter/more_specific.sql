-- The prefix and everything inside it: a range of the index.
t.prefix <<= {1}::cidr
