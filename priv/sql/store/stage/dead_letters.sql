-- Where COPY puts a commit's undecodable messages; the columns are the stream's.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_dead_letters (
  time      timestamptz,
  router_id uuid,
  peer_id   uuid,
  generation     bigint,
  sequence  bigint,
  ordinal   integer,
  "offset"  bigint,
  path      text,
  reason    text,
  treatment text,
  suspect   boolean,
  raw       bytea
) ON COMMIT DELETE ROWS
