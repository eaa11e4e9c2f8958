-- Where COPY puts the keys of routes that are not there any more.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_routes_gone (
  rib_id   bigint,
  path_id  bigint,
  nlri_key bytea
) ON COMMIT DELETE ROWS
