-- An extended community (RFC 4360), as text.
{1}::text = ANY (t.extended_communities)
