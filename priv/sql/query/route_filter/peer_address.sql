-- Routes of the peers with an address.
t.rib_id = ANY (ARRAY(SELECT f.rib_id FROM {schema}.bgp_ribs f JOIN {schema}.bgp_peers g ON g.peer_id = f.peer_id
                      WHERE g.address = {1}::inet))
