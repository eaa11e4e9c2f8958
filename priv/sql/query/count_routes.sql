-- How many routes pass the filters (fragments of route_filter/, each begun with AND), counted up to $1.
SELECT count(*) AS routes
FROM (
  SELECT
  FROM {schema}.bgp_routing_state t
  JOIN {schema}.bgp_attribute_sets s ON s.set_id = t.set_id
  WHERE true
    {filters}
  LIMIT $1::bigint
) AS counted
