defmodule ServiceRadar.BMP.RoutingTable do
  @moduledoc """
  The routes of many routers, in native memory: what a batch really changes, and queries.

  A table may be asked by any process while its owner applies batches.
  """
  alias ServiceRadar.BMP.{Deltas, Native, Query}

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

  @doc "Loads what a store holds: `:routers`, `:peers` or `:routes` in the binary form of Postgres' COPY."
  @spec load(t, :routers | :peers | :routes, binary) :: {:ok, non_neg_integer} | {:error, String.t()}
  def load(%__MODULE__{ref: ref}, kind, copy), do: Native.table_load(ref, kind, copy)

  @spec routers(t) :: [map]
  def routers(%__MODULE__{ref: ref}), do: Native.table_routers(ref)

  @spec peers(t, String.t() | nil) :: [map]
  def peers(%__MODULE__{ref: ref}, router_id \\ nil), do: Native.table_peers(ref, router_id)

  @spec routes(t, Query.t()) :: {[map], cursor :: term | nil}
  def routes(%__MODULE__{ref: ref}, %Query{} = query), do: Native.table_routes(ref, query)

  @doc "`%{routers: n, peers: n, routes: n}`."
  @spec counts(t) :: map
  def counts(%__MODULE__{ref: ref}), do: Native.table_counts(ref)
end
