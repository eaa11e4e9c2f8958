if Enum.all?([Ecto.Adapters.Postgres, Postgrex, Jason], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres.Load do
    @moduledoc false
    # Routing tables out of what is stored: that of a partition as it is now, and what there was at a time.

    alias ServiceRadar.BMP.{Batch, Config, RoutingTable}
    alias ServiceRadar.BMP.Store.Postgres.{Rows, SQL}

    @loads [:routers, :sessions, :peers, :ribs, :routes]

    @doc "The table of a partition."
    @spec partition(Config.t(), module, keyword, non_neg_integer) :: {:ok, RoutingTable.t()} | {:error, term}
    def partition(config, repo, options, partition) do
      ids = Enum.filter(router_ids(repo, options), &(Batch.partition(&1, config.partitions) == partition))
      table = RoutingTable.new(config.table)
      loads = for kind <- @loads, do: {kind, "query/load/#{kind}.sql", []}
      with :ok <- routers(table, repo, ids, options, loads), do: {:ok, table}
    end

    @doc "All routers as they were at a time, with so many routes at most."
    @spec past(Config.t(), module, keyword, DateTime.t(), pos_integer) :: {:ok, RoutingTable.t()} | {:error, term}
    def past(config, repo, options, at, most) do
      table = RoutingTable.new(config.table)

      values = [
        {:at, "'#{DateTime.to_iso8601(at)}'::timestamptz"},
        {:most, Integer.to_string(most)},
        {:prefixes, Integer.to_string(5 * most)}
      ]

      then = [:routers, :peers, :routes]

      loads =
        for kind <- @loads -- [:sessions] do
          {kind, "query/#{if kind in then, do: "load_at", else: "load"}/#{kind}.sql", values}
        end

      with :ok <- routers(table, repo, router_ids(repo, options), options, loads), do: {:ok, table}
    end

    defp router_ids(repo, options),
      do: repo |> Rows.query(SQL.text("query/router_ids.sql", options[:schema]), []) |> Enum.map(& &1["router_id"])

    defp routers(_table, _repo, [], _options, _loads), do: :ok

    # `loads` are kinds with the files of their queries, and what these have in place of parameters: COPY takes none.
    defp routers(table, repo, ids, options, loads) do
      ids = {:router_ids, Enum.map_join(ids, ", ", &"'#{Rows.uuid(&1)}'")}

      # One snapshot for all of them.
      {:ok, loaded} =
        repo.transaction(
          fn ->
            repo.query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", [])
            repo.query!("SET LOCAL jit = off", [])
            repo.query!("SET LOCAL work_mem = '64MB'", [])

            RoutingTable.load(
              table,
              for({kind, file, values} <- loads, do: {kind, pieces(repo, file, [ids | values], options)})
            )
          end,
          timeout: options[:timeout]
        )

      loaded
    end

    # Of bounded size, as they come. What a Repo's module does for query!/3 it does not for a stream: find the Repo that is
    # meant.
    defp pieces(repo, file, values, options) do
      repo.get_dynamic_repo()
      |> Ecto.Adapters.SQL.stream(SQL.text(file, options[:schema], values), [], max_rows: 10_000)
      |> Stream.map(&IO.iodata_to_binary(&1.rows))
    end
  end
end
