if Enum.all?([Ecto.Adapters.Postgres, Postgrex, Jason], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres.Keeper do
    @moduledoc false
    # Makes the tables of a station that has a database of its own, or waits until a host has made them; then keeps the time
    # tables in order. Nobody asks this process anything, because its work may take minutes: that the tables are there
    # is the value it is registered with. Until then the station owns no partition, so nothing asks for a table that is
    # not there.
    use GenServer

    require Logger

    alias ServiceRadar.BMP.{Config, Instance, Telemetry}
    alias ServiceRadar.BMP.Migrations
    alias ServiceRadar.BMP.Store.Postgres
    alias ServiceRadar.BMP.Store.Postgres.SQL

    @retry 2_000
    @summarize_every 5_000
    @version Migrations.newest()

    def start_link(%Config{} = config),
      do: GenServer.start_link(__MODULE__, config, name: Instance.via(config.name, :store, :waiting))

    @doc "Whether the tables are there."
    @spec ready?(Config.t()) :: boolean
    def ready?(%Config{} = config), do: Instance.value(config.name, :store) == :ready

    @impl GenServer
    def init(config), do: {:ok, %{config: config, complaint: nil}, {:continue, :prepare}}

    @impl GenServer
    def handle_continue(:prepare, state), do: {:noreply, prepare(state)}

    @impl GenServer
    def handle_info(:prepare, state), do: {:noreply, prepare(state)}
    def handle_info(:maintain, state), do: {:noreply, maintain(state)}
    def handle_info(:summarize, state), do: {:noreply, summarize(state)}
    def handle_info(_other, state), do: {:noreply, state}

    defp prepare(state) do
      Postgres.with_repo(state.config, fn repo, options ->
        if options[:migrate], do: migrate(repo, options)

        case Migrations.there(repo, options[:schema]) do
          0 ->
            again(state, "schema #{options[:schema]} has no BMP tables: run ServiceRadar.BMP.Migrations.up/1")

          version when version < @version ->
            again(
              state,
              "schema #{options[:schema]} has version #{version} of the BMP tables, and this release needs version " <>
                "#{@version}: run ServiceRadar.BMP.Migrations.up/1"
            )

          _version ->
            Instance.put_value(state.config.name, :store, :ready)
            if options[:maintain_every] > 0, do: Process.send_after(self(), :summarize, @summarize_every)
            maintain(%{state | complaint: nil})
        end
      end)
    rescue
      # Its own text is about pools and queues, which is not what is wrong at a start.
      DBConnection.ConnectionError ->
        again(state, "there is no connection. Is Postgres running where #{where(state)} says?")

      error in [Postgrex.Error, RuntimeError] ->
        again(state, Exception.message(error))
    end

    defp where(state) do
      {_, options} = state.config.store
      option = Enum.find([:repo, :url, :connection], &options[&1])
      "the option `#{option}`"
    end

    defp again(state, complaint) do
      if complaint != state.complaint, do: Logger.warning("the store is not ready, waiting for it: " <> complaint)
      Process.send_after(self(), :prepare, @retry)
      %{state | complaint: complaint}
    end

    defp migrate(repo, options) do
      {:ok, schema} = SQL.quote_schema(options[:schema])
      [make_schema | _] = SQL.migration(1, options[:schema])
      # The table of migrations is in the schema too.
      repo.query!(make_schema, [])
      versions = Migrations.own()
      migrator = [all: true, prefix: options[:schema], dynamic_repo: repo.get_dynamic_repo(), log: false]
      made = Ecto.Migrator.run(repo, versions, :up, migrator)
      if made != [], do: Logger.info("BMP tables made in schema #{schema}, version #{Migrations.newest()}")
    end

    # What was written lately is found by time only when it is summarized. Not to be told of: the next time does it too, and
    # what keeps it from being done keeps maintenance from it, which says so.
    defp summarize(state) do
      Process.send_after(self(), :summarize, @summarize_every)
      {_, options} = state.config.store
      {:ok, schema} = SQL.quote_schema(options[:schema])
      Postgres.with_repo(state.config, fn repo, _ -> repo.query("SELECT #{schema}.bgp_summarize()", [], log: false) end)
      state
    rescue
      _error in [DBConnection.ConnectionError, RuntimeError] -> state
    end

    defp maintain(state) do
      {_, options} = state.config.store
      if options[:maintain_every] > 0, do: maintain(state, options), else: state
    end

    defp maintain(state, options) do
      started = System.monotonic_time()
      {:ok, schema} = SQL.quote_schema(options[:schema])

      Postgres.with_repo(state.config, fn repo, _options ->
        keep =
          "CALL #{schema}.bgp_maintain(keep_history => make_interval(days => $1), keep_events => make_interval(days => $1), " <>
            "keep_statistics => make_interval(days => $2), keep_dead_letters => make_interval(days => $2), " <>
            "compress_after => make_interval(days => $3))"

        values = [options[:keep_history], options[:keep_statistics], options[:compress_after]]
        repo.query!(keep, values, timeout: options[:timeout], log: false)
        drop_old = SQL.text("ocsf/drop_old.sql", options[:schema])
        repo.query!(drop_old, [options[:keep_ocsf]], timeout: options[:timeout], log: false)
      end)

      measurements = %{duration: System.monotonic_time() - started}
      Telemetry.execute(:store, :maintained, measurements, %{station: state.config.name})
      Process.send_after(self(), :maintain, options[:maintain_every])
      state
    rescue
      error in [Postgrex.Error, DBConnection.ConnectionError, RuntimeError] ->
        Logger.warning("the store cannot be kept in order, trying again: #{Exception.message(error)}")
        Process.send_after(self(), :maintain, @retry)
        state
    end
  end
end
