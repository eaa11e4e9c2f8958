-- Attribute sets that pass the filters (fragments of route_filter/ about sets, each begun with AND), at most $1. The planner knows how
-- many routes a set has that it is given by name, and cannot know it of one that it has yet to find.
SELECT s.set_id
FROM {schema}.bgp_attribute_sets s
WHERE true
  {filters}
LIMIT $1::bigint
