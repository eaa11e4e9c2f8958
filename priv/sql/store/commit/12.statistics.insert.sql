-- Once each, however often its batch is delivered: the time is the batch's own.
INSERT INTO {schema}.bgp_stats (time, router_id, peer_id, generation, sequence, type, afi, safi, value, router_time)
SELECT time, router_id, peer_id, generation, sequence, type, afi, safi, value, router_time
FROM bmp_stage_statistics
ON CONFLICT DO NOTHING
