DROP TABLE IF EXISTS {schema}.bgp_dead_letters;
