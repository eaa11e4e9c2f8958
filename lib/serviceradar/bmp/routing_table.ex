defmodule ServiceRadar.BMP.RoutingTable do
  @moduledoc """
  The routes of many routers, in native memory: what a batch really changes, and queries.

  A table may be asked by any process while its owner applies batches.
  """
  alias ServiceRadar.BMP.{Deltas, Native, Peer, Query, Route, Router}

  @enforce_keys [:ref]
  defstruct [:ref]

  @type t :: %__MODULE__{ref: reference}

  @doc "An empty table with the limits of `config.table`."
  @spec new(map | keyword) :: t
  def new(limits \\ %{}), do: %__MODULE__{ref: Native.table_new(Map.new(limits))}

  @doc "Applies batches in order, and tells what they changed. A payload that is no batch changes nothing and is an error."
  @spec apply(t, binary) :: {:ok, Deltas.t()} | {:error, String.t()}
  def apply(%__MODULE__{ref: ref}, payload) do
    with {:ok, deltas, counts} <- Native.table_apply(ref, payload), do: {:ok, Deltas.new(deltas, counts)}
  end

  @doc "Ends what has timed out at `now_us` (microseconds since the Unix epoch)."
  @spec expire(t, integer) :: Deltas.t()
  def expire(%__MODULE__{ref: ref}, now_us) do
    {:ok, deltas, counts} = Native.table_expire(ref, now_us)
    Deltas.new(deltas, counts)
  end

  @doc """
  Loads what a store holds: `:routers`, then `:peers`, then `:routes`, in the binary form of Postgres' COPY. Gives how
  many rows there were.
  """
  @spec load(t, :routers | :peers | :routes, binary, integer) :: {:ok, non_neg_integer} | {:error, String.t()}
  def load(%__MODULE__{ref: ref}, kind, copy, now_us \\ System.system_time(:microsecond)),
    do: Native.table_load(ref, kind, copy, now_us)

  @doc """
  Says, after loading, that this collector started anew: sessions that were loaded as connected to it are over, and
  their routers have the hold time to come back.
  """
  @spec collector_restarted(t, String.t(), integer) :: :ok
  def collector_restarted(%__MODULE__{ref: ref}, collector, now_us \\ System.system_time(:microsecond)),
    do: Native.table_collector_restarted(ref, collector, now_us)

  @spec routers(t) :: [Router.t()]
  def routers(%__MODULE__{ref: ref}), do: Native.table_routers(ref)

  @spec peers(t, String.t() | nil) :: [Peer.t()]
  def peers(%__MODULE__{ref: ref}, router_id \\ nil), do: Native.table_peers(ref, router_id)

  @spec routes(t, Query.t()) :: {:ok, [Route.t()], cursor :: String.t() | nil} | {:error, String.t()}
  def routes(%__MODULE__{ref: ref}, %Query{} = query), do: Native.table_routes(ref, query)

  @doc "How much it holds: `:routers`, `:peers`, `:routes`, `:attribute_sets`, `:attribute_octets`."
  @spec counts(t) :: %{atom => non_neg_integer}
  def counts(%__MODULE__{ref: ref}), do: Native.table_counts(ref)
end
