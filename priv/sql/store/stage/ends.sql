-- Where COPY puts a commit's set-based endings; peer_id null means every peer of the router.
CREATE TEMP TABLE IF NOT EXISTS bmp_stage_ends (
  router_id  uuid,
  peer_id    uuid,
  kind       text,
  generation bigint,
  sequence   bigint,
  time       timestamptz
) ON COMMIT DELETE ROWS
