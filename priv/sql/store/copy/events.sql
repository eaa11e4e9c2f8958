COPY {schema}.bgp_peer_events
  (time, router_id, peer_id, generation, sequence, kind, view, afi, safi, synthetic, reason_code, reason,
   notification_code, notification_subcode, fsm_event, routes, router_time, since)
FROM STDIN (FORMAT binary)
