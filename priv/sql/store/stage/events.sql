-- Where COPY puts a commit's events of sessions and peers; the columns are the stream's.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_events (
  time                 timestamptz,
  router_id            uuid,
  peer_id              uuid,
  generation                bigint,
  sequence             bigint,
  kind                 text,
  view                 text,
  afi                  integer,
  safi                 smallint,
  synthetic            boolean,
  reason_code          integer,
  reason               text,
  notification_code    smallint,
  notification_subcode smallint,
  fsm_event            integer,
  routes               bigint,
  router_time          timestamptz
) ON COMMIT DELETE ROWS
