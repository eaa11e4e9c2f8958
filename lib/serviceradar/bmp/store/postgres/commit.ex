if Enum.all?([Ecto.Adapters.Postgres, Postgrex], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres.Commit do
    @moduledoc false
    # One commit: its rows, by COPY, in one transaction. See priv/sql/README.md.
    #
    # A row that Postgres refuses for good must not stop its partition. Such a commit is made again carefully: kind by
    # kind behind savepoints, and what is refused is halved until the row is found. That row becomes a dead letter, and the
    # others are stored.

    require Logger

    alias ServiceRadar.BMP.{Config, Deltas, Native, RoutingTable}
    alias ServiceRadar.BMP.Store.Postgres.SQL

    @enforce_keys [:config, :repo, :options, :partition, :ids, :ref, :kinds]
    defstruct [:config, :repo, :options, :partition, :ids, :ref, :kinds]

    @rows 10_000
    # The most rows of a commit that are refused one by one. Where more are wrong, whole ranges are refused.
    @most_refused 1_000

    # Classes of SQLSTATE that say "never", whoever asks: data exception, integrity constraint violation, program limit
    # exceeded. All others may pass: a server that stops, a disk that is full, a table that a migration has yet to make.
    @permanent ~w(22 23 54)

    @type guard :: (... -> :ok | {:error, term})

    @doc """
    Makes the commit. `guard` is asked first in its transaction, and says `:ok`, or why not. `table` loses the routes that
    were refused.
    """
    @spec run(Config.t(), module, keyword, non_neg_integer, [Deltas.t()], RoutingTable.t() | nil, guard) ::
            :ok | {:error, term}
    def run(config, repo, options, partition, deltas, table, guard) do
      {:ok, ref, kinds} = Native.commit_new(Enum.map(deltas, & &1.ref))

      commit = %__MODULE__{
        config: config,
        repo: repo,
        options: options,
        partition: partition,
        ids: Enum.map(deltas, & &1.id),
        ref: ref,
        kinds: kinds
      }

      result =
        with {:refused, error} <- transaction(commit, guard, &plainly/1) do
          Logger.warning("the store refuses a commit, looking for the row: #{Exception.message(error)}")
          transaction(commit, guard, &carefully/1)
        end

      case result do
        {:ok, refused} -> forget(table, refused)
        {:refused, error} -> {:error, Exception.message(error)}
        {:error, reason} -> {:error, reason}
      end
    end

    defp transaction(commit, guard, write) do
      %{repo: repo, options: options} = commit

      repo.transaction(
        fn ->
          with {:error, reason} <- guard.(), do: repo.rollback(reason)
          query(commit, "store/settings.sql")
          # A commit is stored as a whole or not at all, so its first batch stands for all of them.
          if query(commit, "store/is_done.sql", [commit.partition, hd(commit.ids)]).rows == [[true]] do
            []
          else
            refused = write.(commit)
            query(commit, "store/done.sql", [commit.partition, commit.ids])
            refused
          end
        end,
        timeout: options[:timeout]
      )
    rescue
      error in Postgrex.Error ->
        cond do
          permanent?(error) -> {:refused, error}
          too_much?(error) -> {:error, {:too_much, Exception.message(error)}}
          true -> reraise(error, __STACKTRACE__)
        end
    end

    # Whether fewer rows at a time may succeed: a statement took too long, or the server ran out of memory.
    defp too_much?(%Postgrex.Error{postgres: %{code: code}}), do: code in [:query_canceled, :out_of_memory]
    defp too_much?(_error), do: false

    defp permanent?(%Postgrex.Error{postgres: %{pg_code: code}}), do: String.slice(code, 0, 2) in @permanent
    defp permanent?(_error), do: false

    defp plainly(commit) do
      for {kind, rows} <- commit.kinds do
        stage(commit, kind)
        copy(commit, kind, kind, 0, rows)
        changed = commit |> statements(kind) |> List.last(nil)
        # Rows that should have been there to be changed were not: they are inserted.
        if kind == "routes_changed" and changed < rows, do: query(commit, "store/careful/routes.sql")
      end

      []
    end

    defp carefully(commit) do
      for {kind, rows} <- commit.kinds, reduce: [] do
        refused -> refused ++ range(commit, kind, 0, rows, length(refused))
      end
    end

    defp range(commit, kind, from, to, refused) do
      execute(commit, "SAVEPOINT range")
      into = if kind == "routes_new", do: "routes_changed", else: kind
      stage(commit, into)
      empty(commit, into)
      copy(commit, kind, into, from, to)
      if into == "routes_changed", do: query(commit, "store/careful/routes.sql"), else: statements(commit, kind)
      execute(commit, "RELEASE SAVEPOINT range")
      []
    rescue
      error in Postgrex.Error ->
        unless permanent?(error), do: reraise(error, __STACKTRACE__)
        execute(commit, "ROLLBACK TO SAVEPOINT range")
        middle = div(from + to, 2)

        if to - from == 1 or refused >= @most_refused do
          refuse(commit, kind, from, to, error)
        else
          first = range(commit, kind, from, middle, refused)
          first ++ range(commit, kind, middle, to, refused + length(first))
        end
    end

    # Refuses a range of rows: they become dead letters, and the table forgets their routes.
    defp refuse(commit, kind, from, to, error) do
      {:ok, origin} = Native.commit_origin(commit.ref, kind, from)
      dead_letter(commit, kind, origin, to - from, error)

      for row <- from..(to - 1), kind in ["routes_new", "routes_changed"] do
        {:ok, origin} = Native.commit_origin(commit.ref, kind, row)
        query(commit, "store/careful/forget.sql", [origin.rib_id, origin.nlri, origin.path_id || -1])
        origin
      end
    end

    defp dead_letter(commit, kind, origin, rows, error) do
      %{pg_code: code, message: message} = error.postgres
      reason = if rows == 1, do: message, else: "#{message} (this row and the #{rows - 1} after it)"

      values = [
        uuid(origin.router_id),
        uuid(origin.peer_id),
        origin.generation,
        origin.sequence,
        kind,
        reason,
        origin.nlri || "",
        code
      ]

      execute(commit, "SAVEPOINT letter")
      query(commit, "store/careful/refuse.sql", values)
      Logger.error("the store refuses a row of #{kind} for good: #{reason} (SQLSTATE #{code}); kept as a dead letter")
    rescue
      # Not even the dead letter can be stored: the broker is given it, where it can keep some.
      refused in Postgrex.Error ->
        unless permanent?(refused), do: reraise(refused, __STACKTRACE__)
        execute(commit, "ROLLBACK TO SAVEPOINT letter")
        {broker, _} = commit.config.broker
        text = "a row of #{kind} is refused for good: #{error.postgres.message}"

        if function_exported?(broker, :dead_letter, 4),
          do: broker.dead_letter(commit.config, commit.partition, inspect(origin), text)

        Logger.error("#{text}; its dead letter is refused too: #{Exception.message(refused)}")
    end

    defp forget(table, refused) do
      for origin <- refused, table != nil, do: RoutingTable.forget(table, origin.rib_id, origin.nlri, origin.path_id)
      :ok
    end

    defp stage(commit, kind) do
      file = "store/stage/#{kind}.sql"
      if SQL.file?(file), do: query(commit, file)
    end

    defp empty(commit, kind) do
      if SQL.file?("store/stage/#{kind}.sql") do
        [_, table] = Regex.run(~r/EXISTS (\w+)/, SQL.text("store/stage/#{kind}.sql", commit.options[:schema]))
        execute(commit, "DELETE FROM #{table}")
      end
    end

    # Copies rows of `kind` to where rows of `into` are copied.
    defp copy(%{repo: repo, options: options} = commit, kind, into, from, to) do
      sql = SQL.text("store/copy/#{into}.sql", options[:schema])
      # What a Repo's module does for query!/3 it does not for a stream: find the Repo that is meant.
      stream = Ecto.Adapters.SQL.stream(repo.get_dynamic_repo(), sql, [], timeout: options[:timeout], log: false)

      from
      |> Stream.iterate(&(&1 + @rows))
      |> Stream.take_while(&(&1 < to))
      |> Stream.map(fn first ->
        {:ok, rows} = Native.commit_copy(commit.ref, kind, first, min(first + @rows, to))
        rows
      end)
      |> then(&Stream.concat([[header()], &1, [trailer()]]))
      |> Enum.into(stream)
    end

    # PostgreSQL's binary COPY: signature, no flags, no extension; at the end -1 in place of a row's number of fields.
    defp header, do: <<"PGCOPY\n", 0xFF, "\r\n", 0, 0::32, 0::32>>
    defp trailer, do: <<-1::16>>

    # Runs the statements of a kind; returns how many rows each one changed.
    defp statements(commit, kind) do
      for sql <- SQL.commit(kind, commit.options[:schema]), do: execute(commit, sql).num_rows
    end

    defp query(commit, file, values \\ []), do: execute(commit, SQL.text(file, commit.options[:schema]), values)

    defp execute(%{repo: repo, options: options}, sql, values \\ []),
      do: repo.query!(sql, values, timeout: options[:timeout], log: false)

    defp uuid(nil), do: nil
    defp uuid(text), do: Ecto.UUID.dump!(text)
  end
end
