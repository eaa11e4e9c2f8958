-- What each router may be called.
SELECT router_id, sys_name, address FROM {schema}.bgp_routers
