if Enum.all?([Ecto.Adapters.Postgres, Postgrex, Jason], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres do
    @moduledoc """
    PostgreSQL (15 or later) as the store: routes outlive this VM, and there is history.

        # The host's own Repo, after its migration ran `ServiceRadar.BMP.Migrations.up/1`
        {ServiceRadar.BMP, store: {ServiceRadar.BMP.Store.Postgres, repo: MyApp.Repo, schema: "platform"}}

        # A database of the station's own, migrated when it starts
        {ServiceRadar.BMP, store: {ServiceRadar.BMP.Store.Postgres, url: "postgres://bmp:secret@db/bmp"}}

    ## Options

    * `:repo` - the host's Repo. With `socket_options: [nodelay: true]` in its configuration a small commit takes a few
      milliseconds, and without it often more than a hundred: each of its COPYs then waits for TCP; or
    * `:url` - a database of the station's own, or `:connection`, a keyword list as `Ecto.Repo` takes it
    * `:schema` - the Postgres schema of the tables; default `"public"`
    * `:migrate` - whether the station makes its tables when it starts; default for a database of its own, never in a
      host's Repo
    * `:keep_history` - for how many days changes of routes, events, and the attributes that they name are kept; default
      1826, five years. By weeks: the last days of a week go with it
    * `:keep_statistics` - for how many days Statistics Reports and dead letters are kept; default 90
    * `:keep_ocsf` - for how many days OCSF events are kept; default 14
    * `:compress_after` - after how many days TimescaleDB compresses history and statistics, where it is installed; default 7
    * `:maintain_every` - how often partitions are made and old ones dropped, in ms; default one hour. 0: never, where
      the station's role does not own the tables and somebody else calls `bgp_maintain()`
    * `:timeout` - how long a commit may take, in ms; default 5 minutes

    ## How a commit goes

    One transaction: rows, already in COPY's binary form when they leave Rust, go straight into their tables where nothing can
    be in their way, or into stage tables (temporary, and empty again when it ends), from which the statements of
    `priv/sql/store/commit` move them, set by set. A commit has a name, so that one whose outcome was not heard is not made
    twice. A row that is refused for good becomes a dead letter (`bgp_dead_letters`), and the others are stored.

    ## Who owns a partition

    Of the stations that share a schema, each owns some of the partitions: rows of `bgp_partitions` that it renews every
    second. Three seconds after the last time, by the database's clock, another station may take them, and one that stops in
    order gives them back at once. An owner has a token, and a commit with an earlier one is refused in its transaction. The
    new owner waits for what is still under way, and ends the connection of an owner that is frozen inside a transaction;
    then it loads the partition's table from what is stored.

    A database that is away keeps a partition from starting, and a commit from returning; both are tried again, and the
    broker holds what comes meanwhile.
    """
    @behaviour ServiceRadar.BMP.Store

    alias ServiceRadar.BMP.{Config, ListQuery, Prefix, Query}

    alias ServiceRadar.BMP.Store.Postgres.{
      Commit,
      Cursor,
      Fence,
      Filters,
      Keeper,
      Leases,
      Lists,
      Load,
      Options,
      Places,
      Rows,
      Search,
      SQL
    }

    @impl ServiceRadar.BMP.Store
    defdelegate validate(options), to: Options

    @impl ServiceRadar.BMP.Store
    def child_spec(%Config{} = config) do
      {_, options} = config.store

      repo =
        if options[:repo],
          do: [],
          else: [
            {ServiceRadar.BMP.Repo,
             [pool_size: config.partitions + 6, log: false, name: own_repo(config)] ++ at_once(options[:connection])}
          ]

      # Who only reads makes no tables and owns no partitions.
      writing = if :pipeline in config.roles, do: [{Keeper, config}, {Leases, config}], else: []
      children = repo ++ writing

      %{
        id: __MODULE__,
        type: :supervisor,
        start: {Supervisor, :start_link, [children, [strategy: :rest_for_one]]}
      }
    end

    # Nagle's algorithm holds the second of two small writes back until the first is acknowledged, and the server
    # acknowledges late: 40 ms for each COPY of a small commit. A Unix socket does not know the option.
    defp at_once(connection) do
      if connection[:socket] || connection[:socket_dir],
        do: connection,
        else: Keyword.update(connection, :socket_options, [nodelay: true], &[{:nodelay, true} | &1])
    end

    @doc "Runs `fun` with the Repo of a station's store: the host's, or the station's own."
    @spec with_repo(Config.t(), (module, options :: keyword -> result)) :: result when result: term
    def with_repo(%Config{store: {_, options}} = config, fun) do
      case options[:repo] do
        nil ->
          before = ServiceRadar.BMP.Repo.put_dynamic_repo(own_repo(config))

          try do
            fun.(ServiceRadar.BMP.Repo, options)
          after
            ServiceRadar.BMP.Repo.put_dynamic_repo(before)
          end

        repo ->
          fun.(repo, options)
      end
    end

    # As many as there are stations in the configuration of a VM.
    defp own_repo(config), do: Module.concat(config.name, Repo)

    @impl ServiceRadar.BMP.Store
    defdelegate own(config), to: Leases

    @impl ServiceRadar.BMP.Store
    defdelegate give_back(config, partition), to: Leases

    @impl ServiceRadar.BMP.Store
    def held?(%Config{} = config, partition, token) do
      reaching(config, fn repo, options ->
        if Fence.held?(repo, options, partition, token), do: :ok, else: {:error, :fenced}
      end)
    end

    @impl ServiceRadar.BMP.Store
    def table(%Config{} = config, partition, token) do
      reaching(config, fn repo, options ->
        with :ok <- Fence.close(repo, options, partition, token),
             {:ok, table} <- Load.partition(config, repo, options, partition) do
          # For the commits of this process: what is refused is forgotten.
          Process.put({__MODULE__, config.name, partition}, table)
          {:ok, table}
        end
      end)
    end

    @impl ServiceRadar.BMP.Store
    def table_at(%Config{} = config, %DateTime{} = at, most) when is_integer(most),
      do: reaching(config, fn repo, options -> Load.past(config, repo, options, at, most) end)

    @impl ServiceRadar.BMP.Store
    def commit(config, partition, token, []), do: held?(config, partition, token)

    def commit(%Config{store: {_, options}} = config, partition, token, deltas) do
      started = System.monotonic_time(:millisecond)

      result =
        reaching(config, fn repo, options ->
          table = Process.get({__MODULE__, config.name, partition})
          fence = fn -> if Fence.pass?(repo, options, partition, token), do: :ok, else: {:error, :fenced} end
          Commit.run(config, repo, options, partition, deltas, table, fence)
        end)

      late? = System.monotonic_time(:millisecond) - started >= options[:timeout]

      case result do
        {:error, reason} when is_binary(reason) and late? -> {:error, {:too_much, reason}}
        result -> result
      end
    end

    @impl ServiceRadar.BMP.Store
    def keep_ocsf(config, events) do
      reaching(config, fn repo, options ->
        repo.query!(SQL.text("ocsf/keep.sql", options[:schema]), [events])
        :ok
      end)
    end

    @impl ServiceRadar.BMP.Store
    def keep_insight(config, json) do
      reaching(config, fn repo, options ->
        repo.query!(SQL.text("insight/keep.sql", options[:schema]), [config.collector, json])
        :ok
      end)
    end

    @impl ServiceRadar.BMP.Store
    def kept_insight(config) do
      reaching(config, fn repo, options ->
        try do
          {:ok, List.first(rows(repo, "insight/kept.sql", options[:schema], [config.collector]))["state"]}
        rescue
          # At a first start, before the tables are made, nothing is kept.
          error in Postgrex.Error ->
            if error.postgres[:code] == :undefined_table, do: {:ok, nil}, else: reraise(error, __STACKTRACE__)
        end
      end)
    end

    # A page that is as long as can be.
    @all 1_000_000_000

    @impl ServiceRadar.BMP.Store
    def routers(config),
      do: list_routers(config, %ListQuery{kind: :routers, limit: @all})

    @impl ServiceRadar.BMP.Store
    def router_names(config), do: reaching(config, fn repo, options -> {:ok, Lists.router_names(repo, options)} end)

    @impl ServiceRadar.BMP.Store
    def peers(config, router_id),
      do: list_peers(config, %ListQuery{kind: :peers, router: router_id, limit: @all})

    @impl ServiceRadar.BMP.Store
    def list_routers(config, list),
      do: reaching(config, fn repo, options -> {:ok, Lists.routers(repo, options, list)} end)

    @impl ServiceRadar.BMP.Store
    def list_peers(config, list), do: reaching(config, fn repo, options -> {:ok, Lists.peers(repo, options, list)} end)

    @impl ServiceRadar.BMP.Store
    def count_peers(config, list),
      do: reaching(config, fn repo, options -> {:ok, Lists.count(repo, options, list, 10_001)} end)

    @impl ServiceRadar.BMP.Store
    def some_peers(config, ids),
      do: reaching(config, fn repo, options -> {:ok, Lists.some(repo, options, Enum.map(ids, &uuid/1))} end)

    @impl ServiceRadar.BMP.Store
    def held(config), do: reaching(config, fn repo, options -> {:ok, Lists.held(repo, options)} end)

    @impl ServiceRadar.BMP.Store
    def totals(config, router_id),
      do: reaching(config, fn repo, options -> {:ok, Lists.totals(repo, options, uuid(router_id))} end)

    @impl ServiceRadar.BMP.Store
    def counts(config) do
      reaching(config, fn repo, options ->
        [counts] = rows(repo, "query/counts.sql", options[:schema], [])
        {:ok, Map.new(counts, fn {name, count} -> {String.to_existing_atom(name), count} end)}
      end)
    end

    @impl ServiceRadar.BMP.Store
    def routes(config, %Query{} = query) do
      with {:ok, cursor} <- Cursor.read(query.cursor, 3) do
        reaching(config, fn repo, options ->
          found = Search.page(config, repo, options, query, cursor || [nil, nil, nil])
          {page, more} = Enum.split(found, query.limit)
          {:ok, Enum.map(page, &Rows.route/1), if(more != [], do: page |> List.last() |> key() |> Cursor.write())}
        end)
      end
    end

    @impl ServiceRadar.BMP.Store
    defdelegate prepare_search(config), to: Places, as: :prepare

    @impl ServiceRadar.BMP.Store
    def count_routes(config, %Query{} = query, most),
      do: reaching(config, fn repo, options -> Search.count(config, repo, options, query, most) end)

    defp key(row), do: Enum.map(~w(rib_id nlri_key key_path_id), &Map.fetch!(row, &1))

    @doc """
    Changes of the query's `:prefix`, newest first: what its peers said of it, and as `implied` withdrawals the ends of
    its peers' routes. Of the query's other fields `:peer_id`, `:limit` and `:cursor` count.
    """
    @impl ServiceRadar.BMP.Store
    def history(_config, %Query{prefix: nil}), do: {:error, "history is asked for a :prefix"}

    def history(config, %Query{} = query) do
      with {:ok, cursor} <- Cursor.read(query.cursor, 1) do
        reaching(config, fn repo, options ->
          [skip] = cursor || [0]
          values = [Rows.cidr(query.prefix), query.from, query.until, query.limit + 1, uuid(query.peer_id), skip]
          found = rows(repo, "query/history.sql", options[:schema], values)
          {page, more} = Enum.split(found, query.limit)
          {:ok, Enum.map(page, &Rows.history/1), if(more != [], do: Cursor.write([skip + query.limit]))}
        end)
      end
    end

    # Values of a counter, of however long a time.
    @points 240

    # So many changes a call looks at.
    @looked_at 20_000

    @impl ServiceRadar.BMP.Store
    def changes(config, %Query{} = query) do
      with {:ok, cursor} <- Cursor.read(query.cursor, 6) do
        [time | place] = cursor || List.duplicate(nil, 6)
        time = time && DateTime.from_unix!(time, :microsecond)
        values = [query.from, query.until, time] ++ place ++ [@looked_at, query.limit + 1]

        reaching(config, fn repo, options ->
          {indexed, others} = query |> Map.from_struct() |> Map.split(indexed(query))
          {prefixes, values} = Filters.fragments(indexed, options[:schema], values)
          {filters, values} = Filters.fragments(others, options[:schema], values)

          from = changes_from(prefixes, filters, query, options)
          sql = SQL.text("query/changes.sql", options[:schema], from: from, prefixes: prefixes, filters: filters)
          {page, more} = repo |> Rows.query(sql, values) |> Enum.split(query.limit)
          last = List.last(page)
          cursor = if more != [] or (last && last["place"] == @looked_at), do: last |> change_key() |> Cursor.write()
          {:ok, for(%{"matches" => true} = row <- page, do: Rows.history(row)), cursor}
        end)
      end
    end

    # Filters that the index of history by prefix serves. All changes of a wide network may be most of what there is: they are
    # found by time.
    defp indexed(%Query{within: %Prefix{} = prefix}), do: if(wide?(prefix), do: [], else: [:within])
    defp indexed(_query), do: [:prefix, :covering]

    defp wide?(%Prefix{address: {_, _, _, _}, length: length}), do: length < 16
    defp wide?(%Prefix{length: length}), do: length < 32

    # Without filters a page is as long as it is; with some it may take all that is looked at.
    defp changes_from("", filters, query, options) do
      most = if filters == "", do: query.limit + 1, else: @looked_at
      SQL.text("query/changes_from.sql", options[:schema], most: "#{most}")
    end

    defp changes_from(_prefixes, _filters, _query, _options), do: "coalesce($1::timestamptz, '-infinity')"

    defp change_key(row), do: place(row) ++ Enum.map(~w(rib_id nlri_key path_id), &Map.fetch!(row, &1))

    @impl ServiceRadar.BMP.Store
    def routes_at(config, at, %Query{} = query) do
      with {:ok, cursor} <- Cursor.read(query.cursor, 1),
           {:ok, last} <- last_prefix(cursor) do
        reaching(config, fn repo, options ->
          {prefixes, cursor} = prefixes(repo, options, at, query, last)
          asked = Map.drop(query, [:prefix, :address, :covering])
          {filters, values} = Filters.fragments(asked, options[:schema], [at, prefixes])
          sql = SQL.text("query/as_of.sql", options[:schema], filters: filters)
          {:ok, repo |> Rows.query(sql, values) |> Enum.map(&Rows.route/1), cursor}
        end)
      end
    end

    defp last_prefix(nil), do: {:ok, nil}

    defp last_prefix([text]) do
      case Prefix.parse(text) do
        {:ok, prefix} -> {:ok, Rows.cidr(prefix)}
        :error -> {:error, "not a cursor of this store"}
      end
    end

    # The prefixes of a page, and the cursor of the next. The networks that cover one are known beforehand.
    defp prefixes(_repo, _options, _at, %Query{prefix: %Prefix{} = prefix}, _last), do: {[Rows.cidr(prefix)], nil}

    defp prefixes(repo, options, _at, %Query{covering: %Prefix{} = prefix}, _last),
      do: {repo |> rows("query/covering.sql", options[:schema], [Rows.cidr(prefix)]) |> Enum.map(& &1["prefix"]), nil}

    defp prefixes(repo, options, at, %Query{address: address} = query, last) when address != nil,
      do: prefixes(repo, options, at, %{query | covering: Prefix.new!(address)}, last)

    defp prefixes(repo, options, at, query, last) do
      values = [at, last, query.within && Rows.cidr(query.within), query.limit]
      found = repo |> rows("query/prefixes.sql", options[:schema], values) |> Enum.map(& &1["prefix"])
      full? = length(found) == query.limit
      {found, if(full?, do: Cursor.write([found |> List.last() |> Rows.prefix() |> to_string()]))}
    end

    @impl ServiceRadar.BMP.Store
    def events(config, options) do
      limit = options[:limit] || 100

      with {:ok, cursor} <- Cursor.read(options[:cursor], 3) do
        reaching(config, fn repo, store ->
          [time, generation, sequence] = cursor || [nil, nil, nil]
          time = time && DateTime.from_unix!(time, :microsecond)
          values = [uuid(options[:router]), uuid(options[:peer]), time, generation, sequence, limit + 1]
          found = rows(repo, "query/events.sql", store[:schema], values)
          {page, more} = Enum.split(found, limit)
          {:ok, Enum.map(page, &Rows.event/1), if(more != [], do: page |> List.last() |> place() |> Cursor.write())}
        end)
      end
    end

    defp place(row), do: [DateTime.to_unix(row["time"], :microsecond), row["generation"], row["sequence"]]

    @impl ServiceRadar.BMP.Store
    def statistics_series(config, peer_id, from, until) do
      reaching(config, fn repo, options ->
        {:ok, found} =
          repo.transaction(fn ->
            # Of a recursion the planner expects so much that it compiles it, which takes longer than all of it.
            repo.query!("SET LOCAL jit = off", [])
            rows(repo, "query/statistics_series.sql", options[:schema], [uuid(peer_id), from, until, @points])
          end)

        series =
          found
          |> Enum.map(&Rows.statistic/1)
          |> Enum.group_by(&{&1.type, &1.afi, &1.safi}, &{&1.received_at_us, &1.value})

        {:ok, for({{type, afi, safi}, points} <- series, do: %{type: type, afi: afi, safi: safi, points: points})}
      end)
    end

    @impl ServiceRadar.BMP.Store
    def dead_letters(config, options) do
      limit = options[:limit] || 100

      with {:ok, cursor} <- Cursor.read(options[:cursor], 5) do
        reaching(config, fn repo, store ->
          [_router, time, generation, sequence, ordinal] = cursor || List.duplicate(nil, 5)
          place = [time && DateTime.from_unix!(time, :microsecond), generation, sequence, ordinal]
          found = rows(repo, "query/dead_letters.sql", store[:schema], [uuid(options[:router])] ++ place ++ [limit + 1])
          {page, more} = Enum.split(found, limit)
          letters = for row <- page, do: Rows.dead_letter(row, letter_id(row))
          {:ok, letters, if(more != [], do: page |> List.last() |> letter_id())}
        end)
      end
    end

    @impl ServiceRadar.BMP.Store
    def last_dead_letters(config, router_ids) do
      reaching(config, fn repo, options ->
        found = rows(repo, "query/last_dead_letters.sql", options[:schema], [Enum.map(router_ids, &uuid/1)])
        {:ok, for(row <- found, do: Rows.dead_letter(row, letter_id(row)))}
      end)
    end

    @impl ServiceRadar.BMP.Store
    def dead_letter(config, id) do
      with {:ok, [router, time | place]} when byte_size(router) in [0, 16] <- Cursor.read(id, 5),
           true <- Enum.all?([time | place], &is_integer/1),
           {:ok, time} <- DateTime.from_unix(time, :microsecond) do
        reaching(config, fn repo, store ->
          values = [time] ++ place ++ [if(router != "", do: router)]
          row = repo |> rows("query/dead_letter.sql", store[:schema], values) |> List.first()
          {:ok, row && Rows.dead_letter(row, id)}
        end)
      else
        # No address of a letter leads to it.
        _ -> {:ok, nil}
      end
    end

    defp letter_id(row), do: Cursor.write([row["router_id"] || ""] ++ place(row) ++ [row["ordinal"]])

    @impl ServiceRadar.BMP.Store
    def statistics(config, peer_id) do
      reaching(config, fn repo, options ->
        found = rows(repo, "query/statistics.sql", options[:schema], [uuid(peer_id)])
        {:ok, Enum.map(found, &Rows.statistic/1)}
      end)
    end

    defp rows(repo, file, schema, values), do: Rows.query(repo, SQL.text(file, schema), values)

    # A database that is away, or refuses, is an error of the store, not of its caller.
    defp reaching(config, fun) do
      with_repo(config, fun)
    rescue
      error in [Postgrex.Error, DBConnection.ConnectionError] -> {:error, Exception.message(error)}
      # The Repo is not there: it starts anew, or the host has not started it.
      error in RuntimeError -> {:error, Exception.message(error)}
    end

    defp uuid(nil), do: nil
    defp uuid(text), do: Ecto.UUID.dump!(text)
  end
end
