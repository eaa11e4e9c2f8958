-- Routers as commits staged them; {router_ids} are quoted UUIDs (COPY takes no parameters).
COPY (
  SELECT router_id, generation, sequence, sys_name, sys_descr, address, port, collector, state, session_started_at,
    session_ended_at, end_reason
  FROM {schema}.bgp_routers
  WHERE router_id IN ({router_ids})
) TO STDOUT (FORMAT binary)
