-- Returns when no commit of the partition $1 is under way. One that begins later has to have the newest token.
SELECT pg_advisory_xact_lock(hashtext('{schema}'), $1)
