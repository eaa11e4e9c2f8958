INSERT INTO {schema}.bgp_peers AS t
  (peer_id, router_id, generation, sequence, peer_type, distinguisher, address, asn, bgp_id, table_name, state,
   state_since, down_reason, local_address, local_port, remote_port, local_asn, local_bgp_id, hold_time,
   sent_open, received_open, first_seen_at)
SELECT peer_id, router_id, generation, sequence, peer_type, distinguisher, address, asn, bgp_id, table_name, state,
  state_since, down_reason, local_address, local_port, remote_port, local_asn, local_bgp_id, hold_time,
  sent_open, received_open, state_since
FROM bmp_stage_peers
ON CONFLICT (peer_id) DO UPDATE SET
  generation = excluded.generation, sequence = excluded.sequence, asn = excluded.asn, bgp_id = excluded.bgp_id,
  table_name = excluded.table_name, state = excluded.state, state_since = excluded.state_since,
  down_reason = excluded.down_reason, local_address = excluded.local_address,
  local_port = excluded.local_port, remote_port = excluded.remote_port, local_asn = excluded.local_asn,
  local_bgp_id = excluded.local_bgp_id, hold_time = excluded.hold_time, sent_open = excluded.sent_open,
  received_open = excluded.received_open, updated_at = now()
WHERE (excluded.generation, excluded.sequence) >= (t.generation, t.sequence)
  AND (excluded.generation, excluded.sequence, excluded.asn, excluded.bgp_id, excluded.table_name, excluded.state,
       excluded.state_since, excluded.down_reason, excluded.local_address, excluded.local_port,
       excluded.remote_port, excluded.local_asn, excluded.local_bgp_id, excluded.hold_time,
       excluded.sent_open, excluded.received_open)
      IS DISTINCT FROM
      (t.generation, t.sequence, t.asn, t.bgp_id, t.table_name, t.state, t.state_since, t.down_reason,
       t.local_address, t.local_port, t.remote_port, t.local_asn, t.local_bgp_id, t.hold_time,
       t.sent_open, t.received_open)
