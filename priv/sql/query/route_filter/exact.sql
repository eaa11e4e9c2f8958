-- The prefix itself.
t.prefix = {1}::cidr
