-- The NLRI as text: of families without a bare prefix its own, else the prefix.
coalesce(t.nlri_text, t.prefix::text) = {1}::text
