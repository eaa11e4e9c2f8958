-- How the active rows of a router's routes differ from what they should be. No row: they do not.
--
-- $1  the router's sysName
-- $2  what should be, as test/support/lab/tables.sh and `bmp-collector rib` tell it: a JSON array of objects, one a route
-- $3  whether rows of prefixes that the router's policy denies are to be there: FRR's BMP is right about them after a
--     connect only (fault "denied" of tables.sh), and left-overs of them are known by their length
--
-- A row whose AS path FRR garbles (fault "local_as_path") may be absent, and its path is not compared.
WITH expected AS (
  SELECT view, peer, afi, safi, prefix, coalesce(path_id, -1) AS path_id, next_hop,
         as_path, as_path_text, origin, med,
         ARRAY(SELECT c FROM unnest(communities) c ORDER BY c COLLATE "C") AS communities,
         ARRAY(SELECT c FROM unnest(large_communities) c ORDER BY c COLLATE "C") AS large_communities,
         nullif(next_hop_link_local, 'unknown')::inet AS link_local,
         coalesce(next_hop_link_local = 'unknown', false) AS link_local_unknown,
         fault
  FROM jsonb_to_recordset($2::text::jsonb) AS e(
    view text, peer inet, afi int, safi int, prefix cidr, path_id bigint, next_hop inet, next_hop_link_local text,
    as_path bigint[], as_path_text text, origin text, med bigint, communities text[], large_communities text[],
    fault text)
),
actual AS (
  SELECT s.view::text AS view, s.peer_address AS peer, s.afi, s.safi, s.prefix, coalesce(s.path_id, -1) AS path_id, s.next_hop,
         coalesce(s.as_path, '{}') AS as_path, s.as_path_text, s.origin::text AS origin, s.med,
         ARRAY(SELECT c >> 16 || ':' || (c & 65535) FROM unnest(s.communities) c
               ORDER BY (c >> 16 || ':' || (c & 65535)) COLLATE "C") AS communities,
         ARRAY(SELECT c FROM unnest(s.large_communities) c ORDER BY c COLLATE "C") AS large_communities,
         CASE length(s.next_hop_octets) WHEN 32 THEN substr(s.next_hop_octets, 17) END AS link_local
  FROM {schema}.bgp_routes s
  WHERE s.sys_name = $1
),
compared AS (
  SELECT concat_ws(' ', view, host(peer), prefix) AS route,
         view = 'adj_rib_in_pre' AND masklen(prefix) = CASE afi WHEN 1 THEN 29 ELSE 127 END AS denied,
         coalesce(e.fault = 'local_as_path', false) AS local,
         e IS NULL AS extra, a IS NULL AS missing,
         to_jsonb(e) AS e, to_jsonb(a) AS a,
         ARRAY_REMOVE(ARRAY[
           CASE WHEN e.next_hop IS DISTINCT FROM a.next_hop THEN 'next_hop' END,
           CASE WHEN NOT e.link_local_unknown AND substr(inet_send(e.link_local), 5) IS DISTINCT FROM a.link_local
                THEN 'link_local' END,
           CASE WHEN e.fault IS DISTINCT FROM 'local_as_path'
                     AND (e.as_path IS DISTINCT FROM a.as_path
                          OR e.as_path_text IS DISTINCT FROM coalesce(a.as_path_text, '')) THEN 'as_path' END,
           CASE WHEN e.med IS DISTINCT FROM a.med THEN 'med' END,
           CASE WHEN e.origin IS DISTINCT FROM a.origin THEN 'origin' END,
           CASE WHEN e.communities <> a.communities THEN 'communities' END,
           CASE WHEN e.large_communities <> a.large_communities THEN 'large_communities' END], NULL) AS differ
  FROM expected e FULL JOIN actual a USING (view, peer, afi, safi, prefix, path_id)
)
SELECT CASE WHEN extra THEN 'extra' WHEN missing THEN 'missing' ELSE array_to_string(differ, ', ') END AS what,
       route, e::text AS expected, a::text AS actual
FROM compared
WHERE NOT (denied AND NOT $3) AND (extra OR (missing AND NOT local) OR (NOT extra AND NOT missing AND differ <> '{}'))
ORDER BY 1, 2
