-- Where COPY puts a commit's route changes, in their order; the columns are the stream's.
--
-- Of several rows of one route only the last may reach the state table: the others are `superseded`. A row
-- that has an earlier row of its route, or an end of its peer, before it in the same commit `supersedes`: it is a
-- change whatever the state table, which has not seen those yet, says.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_routes (
  epoch                bigint,
  sequence             bigint,
  path_id              bigint,
  time                 timestamptz,
  router_time          timestamptz,
  med                  bigint,
  local_pref           bigint,
  view                 {schema}.bgp_rib_view,
  afi                  integer,
  origin               {schema}.bgp_origin,
  safi                 smallint,
  change               {schema}.bgp_change,
  synthetic            boolean,
  superseded           boolean,
  supersedes           boolean,
  router_id            uuid,
  peer_id              uuid,
  nlri                 bytea,
  prefix               cidr,
  nlri_text            text,
  next_hop             inet,
  next_hop_octets      bytea,
  attributes           bytea,
  as_path              bigint[],
  as_path_text         text,
  communities          bigint[],
  large_communities    text[],
  extended_communities text[],
  other_attributes     jsonb
) ON COMMIT DELETE ROWS
