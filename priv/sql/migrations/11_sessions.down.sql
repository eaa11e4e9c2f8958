DROP TABLE {schema}.bgp_sessions;
