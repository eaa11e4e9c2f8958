-- Where COPY puts a commit's peer rows; the columns are the stream's.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_peers (
  peer_id       uuid,
  router_id     uuid,
  generation         bigint,
  sequence      bigint,
  peer_type     smallint,
  distinguisher bytea,
  address       inet,
  asn           bigint,
  bgp_id        inet,
  table_name    text,
  state         text,
  state_since   timestamptz,
  down_reason   text,
  local_address inet,
  local_port    integer,
  remote_port   integer,
  local_asn     bigint,
  local_bgp_id  inet,
  hold_time     integer,
  sent_open     bytea,
  received_open bytea
) ON COMMIT DELETE ROWS
