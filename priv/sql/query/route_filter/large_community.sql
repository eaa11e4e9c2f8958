-- A large community (RFC 8092), as text.
{1}::text = ANY (t.large_communities)
