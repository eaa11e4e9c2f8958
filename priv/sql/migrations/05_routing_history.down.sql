DROP TABLE IF EXISTS {schema}.bgp_routing_history CASCADE;
