-- Routers that were known at {at}, as load/routers.sql has them, each as its sessions were then.
COPY (
  SELECT r.router_id, r.generation, r.sequence, r.sys_name, r.sys_descr, r.address, r.port, r.collector,
    CASE WHEN s.ended_at IS NULL OR s.ended_at > {at} THEN 'connected' ELSE 'disconnected' END,
    s.started_at, CASE WHEN s.ended_at <= {at} THEN s.ended_at END, CASE WHEN s.ended_at <= {at} THEN s.end_reason END
  FROM {schema}.bgp_routers r
  CROSS JOIN LATERAL (
    SELECT s.started_at, s.ended_at, s.end_reason FROM {schema}.bgp_sessions s
    WHERE s.router_id = r.router_id AND s.started_at <= {at}
    ORDER BY s.ended_at DESC NULLS FIRST LIMIT 1) s
  WHERE r.router_id IN ({router_ids})
) TO STDOUT (FORMAT binary)
