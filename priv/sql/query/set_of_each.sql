-- The attribute set of each route by itself, so that the planner cannot begin with the sets.
LATERAL (SELECT * FROM {schema}.bgp_attribute_sets a WHERE a.set_id = t.set_id OFFSET 0) s ON true
