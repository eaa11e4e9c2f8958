-- The attribute set of a route.
{schema}.bgp_attribute_sets s ON s.set_id = t.set_id
