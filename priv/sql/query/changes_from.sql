-- Where the span of time begins in which a page of `changes.sql` lies that no filter's index leads to: {most} is how many changes
-- it is about.
(SELECT {schema}.bgp_changes_from(coalesce($1::timestamptz, '-infinity'),
  coalesce($3::timestamptz, $2::timestamptz + interval '1 microsecond', 'infinity'), {most}))
