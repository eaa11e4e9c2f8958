-- Peers with all of the words $3 in their address, AS number, router's or table's name.
NOT EXISTS (
  SELECT FROM unnest($3::text[]) word
  WHERE strpos(lower(concat_ws(' ', host(p.address), 'as' || p.asn, coalesce(nullif(r.sys_name, ''), host(r.address)), p.table_name)),
               lower(word)) = 0
)
