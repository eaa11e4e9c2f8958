-- A route whose row was refused: what was stored of it before is not true any more, and its RIB has one less.
WITH gone AS (
  DELETE FROM {schema}.bgp_routing_state
  WHERE rib_id = $1::bigint AND nlri_key = {schema}.bgp_nlri_key($2::bytea) AND path_id = $3::bigint
)
UPDATE {schema}.bgp_ribs SET routes = greatest(routes - 1, 0) WHERE rib_id = $1::bigint
