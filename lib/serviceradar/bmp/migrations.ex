if Code.ensure_loaded?(Ecto.Migration) do
  defmodule ServiceRadar.BMP.Migrations do
    @moduledoc """
    The tables of `ServiceRadar.BMP.Store.Postgres`, for a host's own Repo:

        defmodule MyApp.Repo.Migrations.AddBmp do
          use Ecto.Migration

          def up, do: ServiceRadar.BMP.Migrations.up(prefix: "platform")
          def down, do: ServiceRadar.BMP.Migrations.down(prefix: "platform")
        end

    They execute the files of `priv/sql/migrations`, in the Postgres schema `:prefix` (default the migration's own, else
    `public`), which is made if it is not there. PostgreSQL 15 or later; where the TimescaleDB extension is installed, the
    tables of history and statistics are hypertables, else partitioned by day.

    The role that migrates owns the tables, and `bgp_maintain()` needs an owner; what else the station's role needs is in
    `priv/sql/README.md`.
    """
    alias ServiceRadar.BMP.Store.Postgres.SQL

    @doc "Makes the tables."
    @spec up(keyword) :: :ok
    def up(options \\ []), do: execute(SQL.migrations(:up), options)

    @doc "Drops the tables, and the schema where nothing else is in it."
    @spec down(keyword) :: :ok
    def down(options \\ []), do: execute(SQL.migrations(:down), options)

    defp execute(files, options) do
      schema = options[:prefix] || Ecto.Migration.prefix() || "public"
      for file <- files, statement <- SQL.statements(file, schema), do: Ecto.Migration.execute(statement)
      :ok
    end

    defmodule Tables do
      @moduledoc false
      # What a station with a database of its own runs: the migration of priv/repo/migrations, from the code.
      use Ecto.Migration

      def version, do: 20_261_121_000_000
      def up, do: ServiceRadar.BMP.Migrations.up()
      def down, do: ServiceRadar.BMP.Migrations.down()
    end
  end
end
