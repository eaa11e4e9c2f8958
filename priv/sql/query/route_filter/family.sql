-- Routes of an address family.
t.rib_id = ANY (ARRAY(SELECT rib_id FROM {schema}.bgp_ribs WHERE afi = {1}::integer AND safi = {2}::smallint))
