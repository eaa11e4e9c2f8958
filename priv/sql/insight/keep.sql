INSERT INTO {schema}.bgp_insight (station, state)
VALUES ($1, $2)
ON CONFLICT (station) DO UPDATE SET state = excluded.state, kept_at = now();
