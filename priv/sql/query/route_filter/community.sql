-- A community (RFC 1997), as its 32-bit number.
s.communities @> ARRAY[{1}::bigint]
