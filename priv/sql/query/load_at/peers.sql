-- Peers that were known at {at}, as load/peers.sql has them, each in the state that its last event until then left it in.
-- Where none is kept, that is the state of now if it is that old, else not known.
COPY (
  SELECT p.peer_id, p.router_id, p.generation, p.sequence, p.peer_type, p.distinguisher, p.address, p.asn, p.bgp_id,
    p.table_name,
    CASE
      WHEN NOT EXISTS (
        SELECT FROM {schema}.bgp_sessions s
        WHERE s.router_id = p.router_id AND s.started_at <= {at} AND (s.ended_at IS NULL OR s.ended_at > {at}))
        THEN 'stale'
      WHEN e.kind = 'peer_up' THEN 'up'
      WHEN e.kind IS NOT NULL THEN 'down'
      WHEN p.state_since <= {at} THEN p.state
      ELSE 'unknown'
    END,
    coalesce(e.time, least(p.state_since, {at})), e.reason, p.local_address, p.local_port, p.remote_port, p.local_asn,
    p.local_bgp_id, p.hold_time, p.sent_open, p.received_open
  FROM {schema}.bgp_peers p
  LEFT JOIN LATERAL (
    SELECT e.kind, e.time, e.reason FROM {schema}.bgp_peer_events e
    WHERE e.peer_id = p.peer_id AND e.kind IN ('peer_up', 'peer_down', 'expired') AND e.time <= {at}
    ORDER BY e.time DESC, e.generation DESC, e.sequence DESC LIMIT 1) e ON true
  WHERE p.router_id IN ({router_ids}) AND p.first_seen_at <= {at}
) TO STDOUT (FORMAT binary)
