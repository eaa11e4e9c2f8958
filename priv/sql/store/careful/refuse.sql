-- A row that a table refused for good, as a dead letter. Of a route, what the table holds of it is gone: it is not true any
-- more.
INSERT INTO {schema}.bgp_dead_letters
  (time, router_id, peer_id, generation, sequence, ordinal, path, reason, treatment, suspect, raw, sqlstate)
VALUES (clock_timestamp(), $1::uuid, $2::uuid, $3::bigint, $4::bigint, 0, $5::text, $6::text, 'refused', false, $7::bytea,
        $8::text)
