-- Routes of a router.
t.peer_id IN (SELECT peer_id FROM {schema}.bgp_peers WHERE router_id = {1}::uuid)
