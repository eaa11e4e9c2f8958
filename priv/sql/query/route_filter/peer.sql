-- Routes of a peer.
t.rib_id = ANY (ARRAY(SELECT rib_id FROM {schema}.bgp_ribs WHERE peer_id = {1}::uuid))
