DROP TABLE IF EXISTS {schema}.bgp_peer_events;
