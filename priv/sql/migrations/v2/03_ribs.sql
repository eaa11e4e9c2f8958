-- One row a RIB: the routes of one family in one view of a peer. Written in the transaction that changes its routes, so
-- that nobody has to count them. `rib_id` is the first eight octets of SHA-256 over peer id, number of the view, AFI, SAFI.
--
-- `verified`: the newest generation in which everything that it holds is known to be the router's own; `end_of_rib`: the
-- newest in which its End-of-RIB was seen; `filtered`: the router shows a part of it only (RFC 9069); `inferred`:
-- whether its NLRI have path identifiers was not negotiated but seen in its messages.
CREATE TABLE {schema}.bgp_ribs (
  rib_id     bigint PRIMARY KEY,
  peer_id    uuid NOT NULL,
  view       {schema}.bgp_rib_view NOT NULL,
  afi        integer NOT NULL,
  safi       smallint NOT NULL,
  routes     bigint NOT NULL,
  verified   bigint,
  end_of_rib bigint,
  filtered   boolean NOT NULL DEFAULT false,
  inferred   boolean NOT NULL DEFAULT false,
  changed_at timestamptz NOT NULL,
  UNIQUE (peer_id, view, afi, safi)
);
-- ;
CREATE FUNCTION {schema}.bgp_rib_id(peer uuid, view {schema}.bgp_rib_view, afi integer, safi smallint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
  SELECT ('x' || encode(substring(sha256(uuid_send(peer)
    || set_byte('\x00', 0, array_position(enum_range(NULL::{schema}.bgp_rib_view), view))
    || substring(int4send(afi) FROM 3) || substring(int2send(safi) FROM 2)) FOR 8), 'hex'))::bit(64)::bigint
$$;
-- ;
INSERT INTO {schema}.bgp_ribs (rib_id, peer_id, view, afi, safi, routes, changed_at)
SELECT {schema}.bgp_rib_id(peer_id, view, afi, safi), peer_id, view, afi, safi, sum(routes), max(changed_at)
FROM (
  SELECT peer_id, view, afi, safi, count(*) FILTER (WHERE active) AS routes, max(changed_at) AS changed_at
  FROM {schema}.bgp_routing_state GROUP BY peer_id, view, afi, safi
  UNION ALL
  SELECT peer_id, view, afi, safi, 0, max(time)
  FROM {schema}.bgp_routing_history GROUP BY peer_id, view, afi, safi
) AS seen
GROUP BY peer_id, view, afi, safi
