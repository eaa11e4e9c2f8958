-- Where COPY puts the routes that were there, as they are now.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_routes (
  rib_id     bigint,
  path_id    bigint,
  nlri_key   bytea,
  generation bigint,
  sequence   bigint,
  changed_at timestamptz,
  set_id     uuid,
  prefix     cidr,
  rd         text,
  labels     bigint[],
  vnis       bigint[],
  nlri_text  text,
  nlri       bytea
) ON COMMIT DELETE ROWS
