if Enum.all?([Ecto.Adapters.Postgres, Postgrex, Jason], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres.Places do
    @moduledoc false
    # Where the routes are that have some attributes. An index of the database that says so would have to be written with every change;
    # the routing tables in memory hold what is stored, and know the routes of each attribute set. They are asked for keys alone: what is
    # at a key the database says.
    #
    # It is not known where the tables of some partitions are on no node that this one is connected to, and where one has yet to be made
    # ready for such questions. That is done then, beside the pipeline, for the next question.

    alias ServiceRadar.BMP.{Config, Elsewhere, Feed, Instance, Query, RoutingTable}

    # Who asks the database instead has its answer in less.
    @timeout 300

    @doc "Keys of the routes that match, in the order of the database, up to `most` and more where there are more."
    @spec keys(Config.t(), Query.t(), pos_integer) :: {:ok, [RoutingTable.key()]} | :not_known
    def keys(%Config{} = config, %Query{} = query, most) do
      here = here(config.name, query, most)

      answers =
        if complete?(here) do
          here
        else
          nodes = Elsewhere.nodes(config.name, :feed)
          Enum.concat([here | Elsewhere.ask(nodes, __MODULE__, :here, [config.name, query, most], @timeout)])
        end

      # Tables that hold nothing are those of a database in which nothing is, or which somebody else has filled.
      if complete?(answers) and Enum.any?(answers, &(&1.routes > 0)),
        do: {:ok, answers |> Enum.flat_map(& &1.keys) |> Enum.sort() |> Enum.dedup()},
        else: :not_known
    end

    # How many partitions there are those know that have them.
    defp complete?(answers) do
      answers != [] and
        answers |> Enum.uniq_by(& &1.partition) |> length() == answers |> Enum.map(& &1.partitions) |> Enum.max()
    end

    @doc "Of each partition of this node, and of how many, how many routes it has, and the keys of those that match."
    @spec here(Config.name(), Query.t(), pos_integer) :: [
            %{
              partition: non_neg_integer,
              partitions: pos_integer,
              routes: non_neg_integer,
              keys: [RoutingTable.key()]
            }
          ]
    def here(station, query, most) do
      config = Instance.config!(station)
      tables = Feed.tables(config)

      if Enum.all?(tables, fn {_, table} -> RoutingTable.ready_to_search?(table) end) do
        for {partition, table} <- tables, {:ok, keys} <- [RoutingTable.keys(table, query, most)] do
          routes = RoutingTable.counts(table).routes
          %{partition: partition, partitions: config.partitions, routes: routes, keys: keys}
        end
      else
        prepare_here(station)
        []
      end
    end

    @doc "Makes all tables ready, on whatever node they are. Returns at once."
    @spec prepare(Config.t()) :: :ok
    def prepare(%Config{} = config) do
      for node <- Elsewhere.nodes(config.name, :feed), do: :erpc.cast(node, __MODULE__, :prepare_here, [config.name])
      prepare_here(config.name)
    end

    @doc "Those of this node, in a process of its own, of which there is one at a time."
    @spec prepare_here(Config.name()) :: :ok
    def prepare_here(station) do
      tables = station |> Instance.config!() |> Feed.tables()

      spawn(fn ->
        with {:ok, _} <- Instance.register(station, :prepare_search, nil),
             do: for({_, table} <- tables, do: RoutingTable.prepare_search(table))
      end)

      :ok
    end
  end
end
