if Code.ensure_loaded?(Ecto.Migration) do
  defmodule ServiceRadar.BMP.Migrations do
    @moduledoc """
    The tables of `ServiceRadar.BMP.Store.Postgres`, for a host's own Repo:

        defmodule MyApp.Repo.Migrations.AddBmp do
          use Ecto.Migration

          def up, do: ServiceRadar.BMP.Migrations.up(prefix: "platform", version: 8)
          def down, do: ServiceRadar.BMP.Migrations.down(prefix: "platform")
        end

    A later release may need a later version of the tables. A host that has an earlier one adds a migration that says so,
    and what is stored stays:

        def up, do: ServiceRadar.BMP.Migrations.up(prefix: "platform", version: 8)
        def down, do: :ok

    They execute the files of `priv/sql/migrations`, in the Postgres schema `:prefix` (default the migration's own, else
    `public`), which is made if it is not there. PostgreSQL 15 or later; where the TimescaleDB extension is installed, the
    tables of history and statistics are hypertables, else partitioned.

    | version | what changed |
    |---|---|
    | 1 | the first |
    | 2 | attributes once a set, RIBs with their counts, one row a route that is there; five years of history |
    | 3 | prefix, route distinguisher, labels and VNIs of every family that has them |
    | 4 | history is read newest first, a page at a time; TimescaleDB compresses it; old sessions go |
    | 5 | a change costs one entry of an index less |
    | 6 | open alerts and what people marked outlive a restart; a table of OCSF events |
    | 7 | a page of peers or routers is read from an index |
    | 8 | a plot of statistics reads what it shows |

    The role that migrates owns the tables, and `bgp_maintain()` needs an owner; what else the station's role needs is in
    `priv/sql/README.md`.
    """
    import Ecto.Migration, only: [direction: 0, flush: 0]

    alias ServiceRadar.BMP.Store.Postgres.SQL

    @newest 8

    @doc "The newest version of the tables, which this release needs."
    @spec newest :: pos_integer
    def newest, do: @newest

    @doc "Makes the tables, or brings them up to `:version`, default the newest."
    @spec up(keyword) :: :ok
    def up(options \\ []) do
      schema = schema(options)
      version = options[:version] || @newest

      unless version in 1..@newest,
        do: raise(ArgumentError, ":version is from 1 to #{@newest}, not #{inspect(version)}")

      # What was asked of the migration before is done first, so that what is there can be looked at.
      flush()

      for next <- (there(Ecto.Migration.repo(), schema) + 1)..version//1, statement <- SQL.migration(next, schema) do
        Ecto.Migration.execute(statement)
      end

      :ok
    end

    @doc "Drops the tables, and the schema where nothing else is in it."
    @spec down(keyword) :: :ok
    def down(options \\ []) do
      for statement <- SQL.statements("migrations/down.sql", schema(options)), do: Ecto.Migration.execute(statement)
      :ok
    end

    defp schema(options), do: options[:prefix] || Ecto.Migration.prefix() || "public"

    @doc "The version of the tables that are there; 0: none."
    @spec there(module, String.t()) :: non_neg_integer
    def there(repo, schema) do
      # Version 1 did not write its number down.
      {:ok, quoted} = SQL.quote_schema(schema)
      sql = "SELECT to_regclass($1) IS NOT NULL, obj_description(to_regclass($1)::oid, 'pg_class')"

      case repo.query!(sql, ["#{quoted}.bgp_routers"], log: false).rows do
        [[false, _]] -> 0
        [[true, "ServiceRadar BMP, version " <> number]] -> String.to_integer(number)
        [[true, _]] -> 1
      end
    end

    @doc false
    # What a station with a database of its own runs: a migration a version.
    def own do
      [
        {20_261_121_000_000, __MODULE__.Version1},
        {20_261_124_000_000, __MODULE__.Version2},
        {20_261_124_000_001, __MODULE__.Version3},
        {20_261_124_000_002, __MODULE__.Version4},
        {20_261_129_000_000, __MODULE__.Version5},
        {20_261_129_000_001, __MODULE__.Version6},
        {20_261_129_000_002, __MODULE__.Version7},
        {20_261_130_000_000, __MODULE__.Version8}
      ]
    end

    for version <- 1..@newest do
      defmodule Module.concat(__MODULE__, "Version#{version}") do
        @moduledoc false
        use Ecto.Migration
        @version version

        def up, do: ServiceRadar.BMP.Migrations.up(version: @version)

        # What is stored is not taken apart version by version: the first one drops it all.
        case version do
          1 -> def down, do: ServiceRadar.BMP.Migrations.down()
          _ -> def down, do: :ok
        end
      end
    end
  end
end
