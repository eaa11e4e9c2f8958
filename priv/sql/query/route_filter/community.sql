-- A community (RFC 1997), as its 32-bit number.
{1}::bigint = ANY (t.communities)
