-- Where COPY puts a commit's router rows; the columns are the stream's.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_routers (
  router_id          uuid,
  generation         bigint,
  sequence           bigint,
  sys_name           text,
  sys_descr          text,
  address            inet,
  port               integer,
  collector          text,
  state              text,
  session_started_at timestamptz,
  session_ended_at   timestamptz,
  end_reason         text
) ON COMMIT DELETE ROWS
