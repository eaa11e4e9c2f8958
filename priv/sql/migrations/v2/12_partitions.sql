-- Which station owns a partition, and until when by the database's own clock. Who takes a partition gives it the next
-- token; a commit that carries an earlier one is refused. Without an owner it was given back.
CREATE TABLE {schema}.bgp_partitions (
  partition  integer PRIMARY KEY,
  owner      text,
  token      bigint NOT NULL,
  expires_at timestamptz NOT NULL
);
-- ;
-- The stations that may own partitions. One that does not renew its row is gone.
CREATE TABLE {schema}.bgp_nodes (
  node       text PRIMARY KEY,
  roles      text[] NOT NULL,
  expires_at timestamptz NOT NULL
);
-- ;
-- The first statement of every commit: whether `token` is still the partition's. The lock, held until the transaction
-- ends, lets the next owner wait for it, and end it where its client is frozen; and a commit that is made again, because
-- its connection broke, waits until the first attempt has gone through or not. The row is read after the lock is taken: a
-- function that is VOLATILE reads with a new snapshot in each of its statements.
CREATE FUNCTION {schema}.bgp_fence(of_partition integer, its_token bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('{schema}'), of_partition);
  RETURN EXISTS (SELECT FROM {schema}.bgp_partitions WHERE partition = of_partition AND token = its_token);
END
$$;
