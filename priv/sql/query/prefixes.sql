-- The next prefixes, at most $4, after $2 (null: from the first) and inside $3 (null: all), of which something was known
-- until $1. From each the index leads to the next, so that not every change is read.
WITH RECURSIVE walked AS (
  SELECT {schema}.bgp_next_prefix($1::timestamptz, $2::cidr, $3::cidr) AS prefix
  UNION ALL
  SELECT {schema}.bgp_next_prefix($1::timestamptz, w.prefix, $3::cidr) FROM walked w WHERE w.prefix IS NOT NULL
)
SELECT prefix FROM walked WHERE prefix IS NOT NULL LIMIT $4::bigint
