-- An extended community (RFC 4360), as text.
s.extended_communities @> ARRAY[{1}::text]
