defmodule ServiceRadar.BMP.Flaps do
  @moduledoc false
  # Which routes flap, of all routing tables: those of this node, and those of the nodes that it is connected to.
  alias ServiceRadar.BMP.{Config, Elsewhere, Feed, Instance, RoutingTable}

  @spec worst(Config.name(), keyword) :: {:ok, [map]} | {:error, :not_known}
  def worst(station, options) do
    case Feed.nodes(station) do
      [] ->
        {:error, :not_known}

      nodes ->
        elsewhere = Elsewhere.ask(nodes -- [node()], __MODULE__, :worst_here, [station, options])
        here = worst_here(station, options)

        {:ok,
         [here | elsewhere]
         |> Enum.concat()
         |> Enum.sort_by(&{-&1.penalty, -&1.changed_at_us, &1.nlri})
         |> Enum.take(options[:limit])}
    end
  end

  @doc false
  def worst_here(station, options) do
    tables = station |> Instance.config!() |> Feed.tables()
    for {_, table} <- tables, route <- RoutingTable.flapping(table, options), do: route
  end
end
