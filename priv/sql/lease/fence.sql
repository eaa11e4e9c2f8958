-- The same, at the beginning of a commit.
SELECT {schema}.bgp_fence($1, $2)
