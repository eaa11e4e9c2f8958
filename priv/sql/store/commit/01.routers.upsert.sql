INSERT INTO {schema}.bgp_routers AS t
  (router_id, generation, sequence, sys_name, sys_descr, address, port, collector, state, session_started_at,
   session_ended_at, end_reason, first_seen_at)
SELECT router_id, generation, sequence, sys_name, sys_descr, address, port, collector, state, session_started_at,
  session_ended_at, end_reason, session_started_at
FROM bmp_stage_routers
ON CONFLICT (router_id) DO UPDATE SET
  generation = excluded.generation, sequence = excluded.sequence, sys_name = excluded.sys_name,
  sys_descr = excluded.sys_descr, address = excluded.address, port = excluded.port,
  collector = excluded.collector, state = excluded.state,
  session_started_at = excluded.session_started_at, session_ended_at = excluded.session_ended_at,
  end_reason = excluded.end_reason, updated_at = now()
WHERE (excluded.generation, excluded.sequence) >= (t.generation, t.sequence)
  AND (excluded.generation, excluded.sequence, excluded.sys_name, excluded.sys_descr, excluded.address,
       excluded.port, excluded.collector, excluded.state, excluded.session_started_at,
       excluded.session_ended_at, excluded.end_reason)
      IS DISTINCT FROM
      (t.generation, t.sequence, t.sys_name, t.sys_descr, t.address, t.port, t.collector, t.state,
       t.session_started_at, t.session_ended_at, t.end_reason)
