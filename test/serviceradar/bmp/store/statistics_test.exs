import ServiceRadar.BMP.Test.Needs

needs [:packages, :postgres] do
  defmodule ServiceRadar.BMP.Store.StatisticsTest do
    # Statistics Reports of ninety days: what is asked of a peer is found by the index, and no more of them is read than is told.
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter, only: [eventually: 1, start_station!: 2]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.Store.Postgres
    alias ServiceRadar.BMP.Store.Postgres.SQL
    alias ServiceRadar.BMP.Test.Postgres, as: Server
    alias ServiceRadar.BMP.Test.{Reads, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 240_000

    @station :statistics_station
    @peer "11111111-1111-5111-8111-111111111111"
    @days 90
    # Minutes between two reports, the types in each, and the families of the last of them.
    @every 10
    @types [0, 1, 7, 9]
    @families [{1, 1}, {2, 1}]

    setup do
      server = Servers.postgres!()
      start_station!(@station, store: {Postgres, url: Server.url(server)})
      eventually(fn -> match?({:ok, %{routes: 0}}, BMP.counts(@station)) end)
      # Not the day that has just begun: a partition of a few rows is read as a whole.
      today = Date.utc_today()
      now = DateTime.new!(Date.add(today, -1), ~T[18:00:00.000000])
      fill(today, now)
      %{now: now}
    end

    # A partition a day, as the station makes them while it runs.
    defp fill(today, now) do
      for ago <- 2..(@days + 1) do
        [from, to] = for day <- [-ago, 1 - ago], do: Date.add(today, day)

        query!(
          "CREATE TABLE {schema}.bgp_stats_#{ago}_days_ago PARTITION OF {schema}.bgp_stats FOR VALUES FROM ('#{from}') TO ('#{to}')"
        )
      end

      for peer <- [@peer, "22222222-2222-5222-8222-222222222222"], type <- @types, {afi, safi} <- families(type) do
        query!(
          """
          INSERT INTO {schema}.bgp_stats (time, router_id, peer_id, generation, sequence, type, afi, safi, value)
          SELECT $1::timestamptz - make_interval(mins => #{@every} * ago), gen_random_uuid(), $2, 1, 1000000 - ago, $3, $4, $5, 1000000 - ago
          FROM generate_series(0, #{div(@days * 1440, @every) - 1}) ago
          """,
          [now, Ecto.UUID.dump!(peer), type, afi, safi]
        )
      end

      query!("ANALYZE {schema}.bgp_stats")
    end

    defp families(9), do: @families
    defp families(_type), do: [{nil, nil}]

    defp query!(sql, values \\ []), do: Reads.query!(@station, sql, values)
    defp reads(file, values), do: Reads.of(@station, SQL.text(file, "public"), values, "bgp_stats")

    test "the newest value of each counter, and those of a time", %{now: now} do
      {:ok, newest} = BMP.statistics(@station, @peer)
      told = for one <- newest, do: {one.type, one.afi, one.safi, one.value}
      assert told == for(type <- @types, {afi, safi} <- families(type), do: {type, afi, safi, 1_000_000})

      # Of each partition the newest of each counter, and the one that leads to the next. All are 64,800.
      {rows, whole} = reads("query/statistics.sql", [Ecto.UUID.dump!(@peer)])
      assert whole == 0
      assert rows <= 3 * 5 * (@days + 15)

      for {span, most} <- [{3_600, 7}, {24 * 3_600, 145}, {7 * 24 * 3_600, 1_009}, {80 * 24 * 3_600, 11_521}] do
        from = DateTime.add(now, -span)
        {:ok, series} = BMP.statistics_series(@station, @peer, from, now)
        assert length(series) == 5
        assert Enum.all?(series, &(List.last(&1.points) == {DateTime.to_unix(now, :microsecond), 1_000_000}))
        # The moment of the end is in a span of its own.
        assert Enum.all?(series, &(length(&1.points) in min(most - 2, 230)..min(most, 241)))

        # Of each value that is shown, in each of the two or three partitions that it may be in, it and the one before; of each counter the
        # first of each partition, behind those of the first day that are too old. However long the time is, of 57,600 of 80 days too.
        {rows, whole} = reads("query/statistics_series.sql", [Ecto.UUID.dump!(@peer), from, now, 240])
        shown = series |> Enum.map(&length(&1.points)) |> Enum.sum()
        assert whole == 0
        assert rows <= 6 * shown + 6 * (div(span, 24 * 3_600) + 5) + 2 * 5 * div(1440, @every)
      end

      # The same as all of them sorted.
      from = DateTime.add(now, -7 * 24 * 3_600)
      {:ok, series} = BMP.statistics_series(@station, @peer, from, now)

      %{rows: sorted} =
        query!(
          """
          SELECT DISTINCT ON (type, afi, safi, span) type, afi, safi, time, value
          FROM (SELECT *, floor(extract(epoch FROM time - $2) / (7 * 24 * 15)) AS span FROM {schema}.bgp_stats
                WHERE peer_id = $1 AND time >= $2 AND time <= $3) s
          ORDER BY type, afi, safi, span, time DESC
          """,
          [Ecto.UUID.dump!(@peer), from, now]
        )

      assert for(one <- series, {time, value} <- one.points, do: [one.type, one.afi, one.safi, time, value]) ==
               for(
                 [type, afi, safi, time, value] <- sorted,
                 do: [type, afi, safi, DateTime.to_unix(time, :microsecond), Decimal.to_integer(value)]
               )

      # Before its server, which ends with this process.
      :ok = stop_supervised(@station)
    end
  end
end
