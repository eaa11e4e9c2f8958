import ServiceRadar.BMP.Test.Needs

needs [:packages, :postgres] do
  defmodule ServiceRadar.BMP.Store.DeadLettersTest do
    # What could not be decoded last of each router is found among much that came of others since, without looking at that.
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter, only: [eventually: 1, start_station!: 2]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.Store.Postgres.SQL
    alias ServiceRadar.BMP.Test.Postgres, as: Server
    alias ServiceRadar.BMP.Test.{Reads, Servers}

    @moduletag capture_log: true

    @station :dead_letters_station
    @quiet "11111111-1111-5111-8111-111111111111"
    @loud "22222222-2222-5222-8222-222222222222"
    @silent "33333333-3333-5333-8333-333333333333"

    setup do
      server = Servers.postgres!()
      start_station!(@station, store: {BMP.Store.Postgres, url: Server.url(server)})
      eventually(fn -> match?({:ok, %{routes: 0}}, BMP.counts(@station)) end)
      :ok
    end

    # One a second, of which the latest is so many seconds old.
    defp fill(router, count, age, now) do
      Reads.query!(
        @station,
        """
        INSERT INTO {schema}.bgp_dead_letters
          (time, router_id, generation, sequence, ordinal, path, reason, treatment, suspect, raw)
        SELECT $1::timestamptz - make_interval(secs => $2 + ago), $3, 1, 1000000 - ago, 0, 'bmp', 'number ' || ago, 'kept_raw', false, '\\x00'
        FROM generate_series(0, $4 - 1) ago
        """,
        [now, age, Ecto.UUID.dump!(router), count]
      )
    end

    test "the last of each router" do
      now = DateTime.utc_now()
      fill(@quiet, 5, 10_000, now)
      fill(@loud, 5_000, 0, now)
      Reads.query!(@station, "ANALYZE {schema}.bgp_dead_letters")

      {:ok, letters} = BMP.last_dead_letters(@station, [@quiet, @silent, @loud])

      assert letters |> Enum.map(&{&1.router_id, &1.reason}) |> Enum.sort() == [
               {@quiet, "number 0"},
               {@loud, "number 0"}
             ]

      {:ok, newest, _cursor} = BMP.dead_letters(@station, limit: 1_000)
      assert Enum.all?(newest, &(&1.router_id == @loud))
      assert {:ok, [quiet], _} = BMP.dead_letters(@station, router: @quiet, limit: 1)
      assert quiet in letters
      assert {:ok, %{raw: <<0>>}} = BMP.dead_letter(@station, quiet.id)

      ids = Enum.map([@quiet, @silent, @loud], &Ecto.UUID.dump!/1)
      {rows, whole} = Reads.of(@station, SQL.text("query/last_dead_letters.sql", "public"), [ids], "bgp_dead_letters")
      assert whole == 0 and rows <= 6

      # Before its server, which ends with this process.
      :ok = stop_supervised(@station)
    end
  end
end
