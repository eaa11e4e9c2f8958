-- Every router's id.
SELECT router_id FROM {schema}.bgp_routers
