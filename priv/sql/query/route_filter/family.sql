-- Routes of an address family.
t.afi = {1}::integer AND t.safi = {2}::smallint
