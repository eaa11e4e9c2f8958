DROP TABLE IF EXISTS {schema}.bgp_peers;
