-- Where COPY puts a commit's session rows; the columns are the stream's.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_sessions (
  session_id uuid,
  router_id  uuid,
  generation bigint,
  sequence   bigint,
  collector  text,
  address    inet,
  port       integer,
  state      text,
  started_at timestamptz,
  heard_at   timestamptz,
  ended_at   timestamptz,
  end_reason text
) ON COMMIT DELETE ROWS
