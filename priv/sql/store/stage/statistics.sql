-- Where COPY puts a commit's counters; the columns are the stream's.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_statistics (
  time        timestamptz,
  router_id   uuid,
  peer_id     uuid,
  generation       bigint,
  sequence    bigint,
  type        integer,
  afi         integer,
  safi        smallint,
  value       numeric(20, 0),
  router_time timestamptz
) ON COMMIT DELETE ROWS
