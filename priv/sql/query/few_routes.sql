-- Routes of few attribute sets, in any order; at most so many are looked for. Left to itself the planner goes
-- through the table in the order of the key until it has a page: that is quick where there are many, and of few it is all of the
-- table, row by row.
(SELECT * FROM {schema}.bgp_routing_state t
 WHERE ($1::bigint IS NULL OR (t.rib_id, t.nlri_key, t.path_id) > ($1, $2::bytea, $3::bigint))
   {filters}
 LIMIT {most})
