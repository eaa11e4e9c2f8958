# How long questions of the looking glass take, in memory and at the database, beside asking for one route by its key. See
# bench/README.md.
#
#     MIX_ENV=test SERVICERADAR_BMP_BUILD=full mix run --no-start bench/queries.exs STREAM [ROUNDS]
alias ServiceRadar.BMP
alias ServiceRadar.BMP.Replay
alias ServiceRadar.BMP.Store.{Memory, Postgres}
alias ServiceRadar.BMP.Test.Postgres, as: Server

[file | rest] = System.argv()
rounds = String.to_integer(List.first(rest) || "11")
Logger.configure(level: :warning)
{:ok, _} = Application.ensure_all_started([:serviceradar_bmp, :ecto_sql, :postgrex])
{:ok, messages} = Replay.messages(file)
server = Server.start!()

median = fn values -> values |> Enum.sort() |> Enum.at(div(length(values), 2)) end

routes = fn station -> with {:ok, %{routes: routes}} <- BMP.counts(station), do: routes end

# Until there are as many as in the store before, or for the first one until there are no more for a while.
settled = fn settled, station, before, wanted ->
  Process.sleep(5_000)
  now = routes.(station)

  if now > 0 and if(wanted, do: now >= wanted, else: now == before),
    do: now,
    else: settled.(settled, station, now, wanted)
end

# As a page does when it is opened: what it makes ready is there before somebody has asked.
ready = fn ready, station ->
  :ok = BMP.prepare_search(station)
  tables = station |> BMP.Instance.config!() |> BMP.Feed.tables()
  Process.sleep(20)
  if not Enum.all?(tables, fn {_, table} -> BMP.RoutingTable.ready_to_search?(table) end), do: ready.(ready, station)
end

asked = fn station, name, options ->
  {first, {:ok, page, _cursor}} = :timer.tc(fn -> BMP.routes(station, options) end)
  times = for _ <- 1..rounds, do: elem(:timer.tc(fn -> BMP.routes(station, options) end), 0)
  {name, length(page), first / 1000, median.(times) / 1000}
end

try do
  for {name, store} <- [memory: Memory, postgres: {Postgres, url: Server.url(server)}], reduce: nil do
    wanted ->
      {:ok, _} = BMP.start_link(name: name, ip: "127.0.0.1", port: 0, store: store, partitions: 1)
      {:ok, _} = Replay.start_link({127, 0, 0, 1}, BMP.port(name), messages, time: 0)
      count = settled.(settled, name, 0, wanted)

      {:ok, [one | _] = some, _} = BMP.routes(name, limit: 10_000)
      some = Enum.filter(some, &(&1.as_path != []))
      by_use = some |> Enum.flat_map(&Enum.uniq(&1.as_path)) |> Enum.frequencies() |> Enum.sort_by(&elem(&1, 1))
      [{few, _} | _] = by_use
      {many, _} = List.last(by_use)
      address = one.prefix.address |> :inet.ntoa() |> to_string()

      questions = [
        {"the prefix itself", prefix: to_string(one.prefix)},
        {"longest match", address: address},
        {"an AS of many paths", as: many},
        {"an AS of few paths", as: few},
        {"an AS of no path", as: 4_199_999_999},
        {"an expression that many paths match", as_path: "_#{many}_"},
        {"an expression that few paths match", as_path: "_#{few}$"},
        {"an expression that no path matches", as_path: "_4199999999_"},
        {"an origin AS", origin_as: few},
        {"a community of none", community: "65535:12345"},
        {"a next hop of none", next_hop: "203.0.113.77"}
      ]

      {preparing, _} = :timer.tc(fn -> ready.(ready, name) end)
      IO.puts("#{name}: ready after #{div(preparing, 1000)} ms")

      IO.puts(
        "#{name}: #{count} routes; ms of the first page of 50, the first time and the median of #{rounds}; × the first line"
      )

      told = for {words, options} <- questions, do: asked.(name, words, [limit: 50] ++ options)
      [{_, _, _, unit} | _] = told

      for {words, found, first, time} <- told do
        words = String.pad_trailing(words, 40)

        IO.puts(
          "  #{words} #{String.pad_leading("#{found}", 3)} found  #{Float.round(first, 2)}  #{Float.round(time, 2)}  ×#{Float.round(time / unit, 1)}"
        )
      end

      count
  end
after
  Server.stop(server)
end
