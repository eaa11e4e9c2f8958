-- Routes of the peers with an address.
t.peer_id IN (SELECT peer_id FROM {schema}.bgp_peers WHERE address = {1}::inet)
