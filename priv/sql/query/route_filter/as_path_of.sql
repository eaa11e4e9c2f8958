-- Routes whose path a regular expression finds something in, where whatever it finds has these AS numbers: of them there is an index.
s.as_path @> {2}::bigint[] AND s.as_path_text ~ {1}::text
