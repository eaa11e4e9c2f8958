-- Routes of a peer.
t.peer_id = {1}::uuid
