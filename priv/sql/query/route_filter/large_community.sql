-- A large community (RFC 8092), as text.
s.large_communities @> ARRAY[{1}::text]
