-- Routes whose path a regular expression finds something in.
coalesce(s.as_path_text, '') ~ {1}::text
