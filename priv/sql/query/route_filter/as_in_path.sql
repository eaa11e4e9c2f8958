-- AS number anywhere in the path.
{1}::bigint = ANY (t.as_path)
