-- Routes that an AS originates.
t.as_path[array_upper(t.as_path, 1)] = {1}::bigint
