-- Prefix, route distinguisher, and MPLS labels or VNIs of every family whose NLRI have them, so that a search for a prefix finds
-- it in every family. `nlri_text` stays the text of NLRI that are more than a prefix. `labels` are the numbers, top first;
-- a withdrawal has none.
ALTER TABLE {schema}.bgp_routing_state ADD COLUMN rd text, ADD COLUMN labels bigint[], ADD COLUMN vnis bigint[];
-- ;
ALTER TABLE {schema}.bgp_routing_history ADD COLUMN rd text, ADD COLUMN labels bigint[], ADD COLUMN vnis bigint[];
-- ;
-- What is stored has them in its text and its octets: labelled, VPN and classful transport routes, and EVPN's type 5. The
-- labels of EVPN, which may be VNIs, come when the router tells the route again.
CREATE FUNCTION {schema}.bgp_version_3(afi integer, safi smallint, nlri bytea, nlri_text text,
                                       OUT prefix cidr, OUT rd text, OUT labels bigint[])
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  parts text[];
  at integer := 1;
BEGIN
  IF afi = 25 THEN
    parts := regexp_match(nlri_text, '^\[5\]:\[([^]]+)\]:\[\d+\]:\[(\d+)\]:\[([^]]+)\]$');
    prefix := (parts[3] || '/' || parts[2])::cidr;
    rd := parts[1];
    RETURN;
  ELSIF safi = 4 THEN
    prefix := network(nlri_text::inet);
  ELSE
    parts := regexp_match(nlri_text, '^((?:2:)?[0-9.]+:\d+):(.+)$');
    prefix := network(parts[2]::inet);
    rd := parts[1];
  END IF;
  WHILE safi <> 129 AND at + 2 < length(nlri) LOOP
    labels := labels || (get_byte(nlri, at) * 4096 + get_byte(nlri, at + 1) * 16 + get_byte(nlri, at + 2) / 16)::bigint;
    -- The last label has the bit of the bottom of the stack.
    EXIT WHEN get_byte(nlri, at + 2) % 2 = 1;
    at := at + 3;
  END LOOP;
END
$$;
-- ;
UPDATE {schema}.bgp_routing_state t SET (prefix, rd, labels) =
  (SELECT * FROM {schema}.bgp_version_3(b.afi, b.safi, coalesce(t.nlri, t.nlri_key), t.nlri_text))
FROM {schema}.bgp_ribs b
WHERE b.rib_id = t.rib_id AND t.prefix IS NULL
  AND (b.afi IN (1, 2) AND b.safi IN (4, 76, 128, 129) OR b.afi = 25 AND b.safi = 70 AND t.nlri_text LIKE '[5]%');
-- ;
UPDATE {schema}.bgp_routing_history t SET (prefix, rd, labels) =
  (SELECT v.prefix, v.rd, CASE WHEN t.change <> 'withdraw' THEN v.labels END
   FROM {schema}.bgp_version_3(b.afi, b.safi, coalesce(t.nlri, t.nlri_key), t.nlri_text) v)
FROM {schema}.bgp_ribs b
WHERE b.rib_id = t.rib_id AND t.prefix IS NULL
  AND (b.afi IN (1, 2) AND b.safi IN (4, 76, 128, 129) OR b.afi = 25 AND b.safi = 70 AND t.nlri_text LIKE '[5]%');
-- ;
DROP FUNCTION {schema}.bgp_version_3;
