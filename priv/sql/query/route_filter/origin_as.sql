-- Routes that an AS originates.
s.origin_as = {1}::bigint
