-- Once each, however often its batch is delivered.
INSERT INTO {schema}.bgp_peer_events
  (time, router_id, peer_id, generation, sequence, kind, view, afi, safi, synthetic, reason_code, reason,
   notification_code, notification_subcode, fsm_event, routes, router_time)
SELECT time, router_id, peer_id, generation, sequence, kind, view::{schema}.bgp_rib_view, afi, safi, synthetic, reason_code, reason,
  notification_code, notification_subcode, fsm_event, routes, router_time
FROM bmp_stage_events
ON CONFLICT DO NOTHING
