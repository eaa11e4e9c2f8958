if Enum.all?([Ecto.Adapters.Postgres, Postgrex, Jason], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres.Keeper do
    @moduledoc false
    # Makes the tables of a station that has a database of its own, and keeps the time tables in order. A database that
    # is away is waited for: the station starts, and its partitions start when it is there.
    use GenServer

    require Logger

    alias ServiceRadar.BMP.{Config, Instance, Telemetry}
    alias ServiceRadar.BMP.Migrations
    alias ServiceRadar.BMP.Store.Postgres
    alias ServiceRadar.BMP.Store.Postgres.SQL

    @retry 2_000

    def start_link(%Config{} = config),
      do: GenServer.start_link(__MODULE__, config, name: Instance.via(config.name, :store))

    @doc "Whether a partition starts for the first time since the store did."
    def first?(%Config{} = config, partition),
      do: GenServer.call(Instance.via(config.name, :store), {:first?, partition})

    @impl GenServer
    def init(config) do
      send(self(), :work)
      {:ok, %{config: config, migrated: false, started: MapSet.new()}}
    end

    @impl GenServer
    def handle_call({:first?, partition}, _from, state) do
      first = not MapSet.member?(state.started, partition)
      {:reply, first, %{state | started: MapSet.put(state.started, partition)}}
    end

    @impl GenServer
    def handle_info(:work, state), do: {:noreply, Postgres.with_repo(state.config, &work(state, &1, &2))}
    def handle_info(_other, state), do: {:noreply, state}

    defp work(state, repo, options) do
      started = System.monotonic_time()
      if options[:migrate] and not state.migrated, do: migrate(repo, options)

      if options[:maintain_every] > 0 do
        {:ok, schema} = SQL.quote_schema(options[:schema])

        keep =
          "CALL #{schema}.bgp_maintain(keep_history => make_interval(days => $1), keep_events => make_interval(days => $1), " <>
            "keep_statistics => make_interval(days => $2), keep_dead_letters => make_interval(days => $2))"

        repo.query!(keep, [options[:keep_history], options[:keep_statistics]], timeout: options[:timeout])
        Process.send_after(self(), :work, options[:maintain_every])
      end

      measurements = %{duration: System.monotonic_time() - started}
      Telemetry.execute(:store, :maintained, measurements, %{station: state.config.name})
      %{state | migrated: true}
    rescue
      error in [Postgrex.Error, DBConnection.ConnectionError, RuntimeError] ->
        Logger.warning("the store cannot be kept in order, trying again: #{Exception.message(error)}")
        Process.send_after(self(), :work, @retry)
        state
    end

    defp migrate(repo, options) do
      {:ok, schema} = SQL.quote_schema(options[:schema])
      [make_schema | _] = SQL.migration(1, options[:schema])
      # The table of migrations is in the schema too.
      repo.query!(make_schema, [])
      versions = Migrations.own()
      migrator = [all: true, prefix: options[:schema], dynamic_repo: repo.get_dynamic_repo(), log: false]
      for _version <- Ecto.Migrator.run(repo, versions, :up, migrator), do: Logger.info("BMP tables made in #{schema}")
    end
  end
end
