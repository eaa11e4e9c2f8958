-- Peers of the routers as commits staged them.
COPY (
  SELECT peer_id, router_id, generation, sequence, peer_type, distinguisher, address, asn, bgp_id, table_name, state,
    state_since, down_reason, local_address, local_port, remote_port, local_asn, local_bgp_id, hold_time,
    sent_open, received_open
  FROM {schema}.bgp_peers
  WHERE router_id IN ({router_ids})
) TO STDOUT (FORMAT binary)
