-- Where COPY puts a commit's RIBs; the names of views are text until they reach their table: a stage that a connection of
-- some pool still has would hold fast to the schema's types.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_ribs (
  rib_id     bigint,
  peer_id    uuid,
  view       text,
  afi        integer,
  safi       smallint,
  routes     bigint,
  verified   bigint,
  end_of_rib bigint,
  filtered   boolean,
  inferred   boolean,
  changed_at timestamptz
) ON COMMIT DELETE ROWS
