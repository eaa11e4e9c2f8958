-- AS number anywhere in the path.
s.as_path @> ARRAY[{1}::bigint]
