DROP TABLE IF EXISTS {schema}.bgp_stats CASCADE;
