-- How many routes pass the filters (fragments of route_filter/, each begun with AND), counted up to $1. {sets} joins their attribute
-- sets, where a filter is about these.
SELECT count(*) AS routes
FROM (
  SELECT
  FROM {schema}.bgp_routing_state t
  {sets}
  WHERE true
    {filters}
  LIMIT $1::bigint
) AS counted
