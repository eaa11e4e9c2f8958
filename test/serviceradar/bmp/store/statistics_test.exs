alias ServiceRadar.BMP.Test.Postgres, as: Server

cond do
  not Code.ensure_loaded?(ServiceRadar.BMP.Store.Postgres) ->
    ServiceRadar.BMP.Test.LeftOut.file(__ENV__.file, "the core build has no packages")

  why = Server.missing() ->
    ServiceRadar.BMP.Test.LeftOut.file(__ENV__.file, why)

  true ->
    defmodule ServiceRadar.BMP.Store.StatisticsTest do
      # Statistics Reports of ninety days: what is asked of a peer is found by the index, and no more of them is read than is told.
      use ExUnit.Case, async: false

      import ServiceRadar.BMP.TestRouter, only: [eventually: 1, start_station!: 2]

      alias ServiceRadar.BMP
      alias ServiceRadar.BMP.Store.Postgres
      alias ServiceRadar.BMP.Store.Postgres.SQL
      alias ServiceRadar.BMP.Test.Reads

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
        server = Server.start!()
        on_exit(fn -> Server.stop(server) end)
        start_station!(@station, store: {Postgres, url: Server.url(server)})
        eventually(fn -> match?({:ok, %{routes: 0}}, BMP.counts(@station)) end)
        now = DateTime.utc_now()
        fill(now)
        %{now: now}
      end

      # A partition a day, as the station makes them while it runs.
      defp fill(now) do
        today = DateTime.to_date(now)

        for ago <- 2..@days do
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

        # Of each type the latest 128, and of each partition its newest and the one that leads to the next type. All are 64,800.
        {rows, whole} = reads("query/statistics.sql", [Ecto.UUID.dump!(@peer)])
        assert whole == 0
        assert rows <= 128 * length(@types) + 3 * length(@types) * (@days + 15)

        for {span, most} <- [{3_600, 7}, {24 * 3_600, 145}, {7 * 24 * 3_600, 1_009}] do
          from = DateTime.add(now, -span)
          {:ok, series} = BMP.statistics_series(@station, @peer, from, now)
          assert length(series) == 5
          assert Enum.all?(series, &(List.last(&1.points) == {DateTime.to_unix(now, :microsecond), 1_000_000}))
          # The moment of the end is in a span of its own.
          assert Enum.all?(series, &(length(&1.points) in min(most - 2, 230)..min(most, 241)))
          # Of the partitions that the time meets a small one may be read as a whole, of both peers: no other is.
          {rows, _whole} = reads("query/statistics_series.sql", [Ecto.UUID.dump!(@peer), from, now, 240])
          assert rows <= 2 * 5 * (most + 2 * div(1440, @every)) + 2 * length(@types) * (div(span, 24 * 3_600) + 15)
        end

        # Before its server, which ends with this process.
        :ok = stop_supervised(@station)
      end
    end
end
