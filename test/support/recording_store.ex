defmodule ServiceRadar.BMP.Test.RecordingStore do
  @moduledoc """
  A store that tells what is committed, in order, and does as a test wishes.

  Options: `:commit`, a function of partition and the numbers of `ServiceRadar.BMP.Test.Batches` in a commit, whose
  result is the commit's (it may wait, fail or raise); default sends `{:committed, partition, numbers}` to `:to`.
  """
  @behaviour ServiceRadar.BMP.Store

  alias ServiceRadar.BMP.{Deltas, RoutingTable}
  alias ServiceRadar.BMP.Test.Batches

  @impl true
  def validate(options), do: {:ok, options}

  @impl true
  def child_spec(_config), do: %{id: __MODULE__, start: {Agent, :start_link, [fn -> nil end]}}

  # As a store on disk does: the table of a partition that starts anew is empty.
  @impl true
  def table(config, _partition, _token), do: {:ok, RoutingTable.new(config.table)}

  @impl true
  def commit(_config, _partition, _token, []), do: :ok

  def commit(%{store: {__MODULE__, options}} = config, partition, _token, deltas) do
    numbers = for delta <- deltas, route <- Deltas.changes(delta, config.name).routes, do: Batches.number(route)

    case options[:commit] do
      nil -> send(options[:to], {:committed, partition, numbers}) && :ok
      commit -> commit.(partition, numbers)
    end
  end

  @impl true
  def routers(_config), do: {:ok, []}
  @impl true
  def peers(_config, _router_id), do: {:ok, []}
  @impl true
  def list_routers(_config, _list), do: {:ok, []}
  @impl true
  def list_peers(_config, _list), do: {:ok, []}
  @impl true
  def count_peers(_config, _list), do: {:ok, 0}
  @impl true
  def some_peers(_config, _ids), do: {:ok, []}
  @impl true
  def held(_config), do: {:ok, []}
  @impl true
  def totals(_config, _router_id), do: {:ok, %{}}
  @impl true
  def routes(_config, _query), do: {:ok, [], nil}
  @impl true
  def counts(_config), do: {:ok, %{}}
end
