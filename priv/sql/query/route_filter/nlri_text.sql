-- The NLRI as text: of families without a bare prefix its own, else the prefix.
(t.nlri_text = {1}::text OR (t.nlri_text IS NULL AND t.prefix::text = {1}::text))
