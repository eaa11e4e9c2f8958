INSERT INTO {schema}.bgp_ocsf_events (time, uid, class_uid, activity_id, severity_id, message, event)
SELECT to_timestamp((e->>'time')::bigint / 1000.0), (e->'metadata'->>'uid')::uuid, (e->>'class_uid')::int, (e->>'activity_id')::int,
       (e->>'severity_id')::int, e->>'message', e
FROM (SELECT unnest($1::text[])::jsonb AS e) events
ON CONFLICT DO NOTHING;
