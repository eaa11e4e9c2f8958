-- The last row of a session in a commit is the newest.
INSERT INTO {schema}.bgp_sessions AS t
  (session_id, router_id, generation, sequence, collector, address, port, state, started_at, heard_at, ended_at,
   end_reason)
SELECT DISTINCT ON (session_id)
  session_id, router_id, generation, sequence, collector, address, port, state, started_at, heard_at, ended_at,
  end_reason
FROM bmp_stage_sessions
ORDER BY session_id, sequence DESC, bmp_stage_sessions.ctid DESC
ON CONFLICT (session_id) DO UPDATE SET
  sequence = excluded.sequence, state = excluded.state, heard_at = excluded.heard_at, ended_at = excluded.ended_at,
  end_reason = excluded.end_reason
WHERE (excluded.sequence, excluded.heard_at) >= (t.sequence, t.heard_at)
  AND (excluded.sequence, excluded.state, excluded.heard_at, excluded.ended_at, excluded.end_reason)
      IS DISTINCT FROM (t.sequence, t.state, t.heard_at, t.ended_at, t.end_reason)
