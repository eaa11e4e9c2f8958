-- Where COPY puts a commit's route changes, in their order; the columns are the stream's.
--
-- Of several rows of one route only the last may reach the state table: the others are `superseded`. A row
-- that has an earlier row of its route, or an end of its peer, before it in the same commit `supersedes`: it is a
-- change whatever the state table, which has not seen those yet, says.
--
-- The names of views, changes and origins are text until they reach their tables: a stage that a
-- connection of some pool still has would hold fast to the schema's types.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_routes (
  generation                bigint,
  sequence             bigint,
  time                 timestamptz,
  router_time          timestamptz,
  change               text,
  synthetic            boolean,
  superseded           boolean,
  supersedes           boolean,
  router_id            uuid,
  peer_id              uuid,
  view                 text,
  afi                  integer,
  safi                 smallint,
  nlri                 bytea,
  path_id              bigint,
  prefix               cidr,
  nlri_text            text,
  next_hop_octets      bytea,
  attributes           bytea,
  next_hop             inet,
  origin               text,
  as_path              bigint[],
  as_path_text         text,
  med                  bigint,
  local_pref           bigint,
  communities          bigint[],
  large_communities    text[],
  extended_communities text[],
  other_attributes     jsonb
) ON COMMIT DELETE ROWS
