-- A router's latest sessions as commits staged them; {router_ids} are quoted UUIDs (COPY takes no parameters).
COPY (
  SELECT session_id, router_id, generation, sequence, collector, address, port, state, started_at, heard_at, ended_at,
    end_reason
  FROM (
    SELECT *, row_number() OVER (PARTITION BY router_id ORDER BY generation DESC) AS place
    FROM {schema}.bgp_sessions WHERE router_id IN ({router_ids})
  ) AS newest
  WHERE place <= 32
) TO STDOUT (FORMAT binary)
