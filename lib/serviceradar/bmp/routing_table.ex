defmodule ServiceRadar.BMP.RoutingTable do
  @moduledoc """
  The routes of many routers, in native memory: what a batch really changes, and queries.

  A table may be asked by any process while its owner applies batches.
  """
  alias ServiceRadar.BMP.{Deltas, ListQuery, Native, Peer, Query, Route, Router}

  @enforce_keys [:ref]
  defstruct [:ref]

  @type t :: %__MODULE__{ref: reference}

  @doc "An empty table with the limits of `config.table`."
  @spec new(map | keyword) :: t
  def new(limits \\ %{}), do: %__MODULE__{ref: Native.table_new(Map.new(limits))}

  @doc """
  Applies batches in order, and tells what they changed. A payload that is no batch changes nothing and is an error.

  A table in which a change panicked is half changed: from then on every change is `{:error, :poisoned}`, and it is to be
  dropped and loaded again.
  """
  @spec apply(t, binary) :: {:ok, Deltas.t()} | {:error, String.t() | :poisoned}
  def apply(%__MODULE__{ref: ref}, payload) do
    with {:ok, deltas, counts} <- Native.table_apply(ref, payload), do: {:ok, Deltas.new(deltas, counts)}
  end

  @doc """
  Ends what has timed out: sessions that are not heard any more, routes of those that are over. To be called every second.

  How long something waited is measured on the VM's monotonic clock, and only while the table is `caught_up` with all
  that sessions have sent. `now_us` (microseconds since the Unix epoch) is what rows say.
  """
  @spec expire(t, integer, boolean) :: {:ok, Deltas.t()} | {:error, String.t() | :poisoned}
  def expire(%__MODULE__{ref: ref}, now_us, caught_up \\ true) do
    with {:ok, deltas, counts} <- Native.table_expire(ref, now_us, System.monotonic_time(:microsecond), caught_up),
         do: {:ok, Deltas.new(deltas, counts)}
  end

  @doc "A change to it panicked, and it takes no more."
  @spec poisoned?(t) :: boolean
  def poisoned?(%__MODULE__{ref: ref}), do: Native.table_poisoned(ref)

  @doc """
  Loads what a store holds: of each kind, `:routers`, then `:sessions`, `:peers`,
  `:ribs` and `:routes`, the pieces of a stream in the
  binary form of Postgres' COPY, as they come. The pieces of a kind are asked for when the kinds before it are loaded.
  """
  @spec load(t, [{:routers | :sessions | :peers | :ribs | :routes, Enumerable.t()}]) ::
          :ok | {:error, String.t() | :poisoned}
  def load(%__MODULE__{ref: ref}, streams) do
    loader = Native.loader_new()
    each(streams, fn {kind, pieces} -> load_stream(loader, ref, kind, pieces) end)
  end

  defp load_stream(loader, ref, kind, pieces) do
    with :ok <- Native.loader_begin(loader, kind),
         :ok <- each(pieces, &Native.loader_piece(loader, ref, &1)),
         {:ok, _rows} <- Native.loader_end(loader),
         do: :ok
  end

  defp each(items, fun) do
    Enum.reduce_while(items, :ok, fn item, :ok ->
      case fun.(item) do
        :ok -> {:cont, :ok}
        error -> {:halt, error}
      end
    end)
  end

  @doc "Drops a route that its store refused for good. False where it is not there."
  @spec forget(t, integer, binary, non_neg_integer | nil) :: boolean
  def forget(%__MODULE__{ref: ref}, rib_id, nlri, path_id), do: Native.table_forget(ref, rib_id, nlri, path_id)

  @spec routers(t) :: [Router.t()]
  def routers(%__MODULE__{ref: ref}), do: Native.table_routers(ref)

  @spec peers(t, String.t() | nil) :: [Peer.t()]
  def peers(%__MODULE__{ref: ref}, router_id \\ nil), do: Native.table_peers(ref, router_id)

  @doc "The first peers of a list after its key, in any order: `:limit` at most."
  @spec list_peers(t, ListQuery.t()) :: [Peer.t()]
  def list_peers(%__MODULE__{ref: ref}, %ListQuery{} = list), do: Native.table_list_peers(ref, list)

  @doc "As `list_peers/2`, of routers."
  @spec list_routers(t, ListQuery.t()) :: [Router.t()]
  def list_routers(%__MODULE__{ref: ref}, %ListQuery{} = list), do: Native.table_list_routers(ref, list)

  @spec count_peers(t, ListQuery.t()) :: non_neg_integer
  def count_peers(%__MODULE__{ref: ref}, %ListQuery{} = list), do: Native.table_count_peers(ref, list)

  @doc "The peers that have these ids."
  @spec some_peers(t, [String.t()]) :: [Peer.t()]
  def some_peers(%__MODULE__{ref: ref}, ids), do: Native.table_some_peers(ref, ids)

  @doc "As `ServiceRadar.BMP.held/1`."
  @spec held(t) :: [map]
  def held(%__MODULE__{ref: ref}), do: Native.table_held(ref)

  @doc "As `ServiceRadar.BMP.totals/2`, but for `:families`, which is a list of pairs."
  @spec totals(t, String.t() | nil) :: map
  def totals(%__MODULE__{ref: ref}, router_id), do: Native.table_totals(ref, router_id)

  @spec routes(t, Query.t()) :: {:ok, [Route.t()], cursor :: String.t() | nil} | {:error, String.t()}
  def routes(%__MODULE__{ref: ref}, %Query{} = query), do: Native.table_routes(ref, query)

  @doc """
  Makes ready for questions about attributes, of which else the first one has to wait; false where there was nothing to do. It takes
  the better part of a second for a million routes, in steps between which others have the table.
  """
  @spec prepare_search(t) :: boolean
  def prepare_search(%__MODULE__{ref: ref}), do: Native.table_prepare_search(ref)

  @doc "Whether `prepare_search/1` has little to do."
  @spec ready_to_search?(t) :: boolean
  def ready_to_search?(%__MODULE__{ref: ref}), do: Native.table_ready_to_search(ref)

  @typedoc "What a store knows a route by: its RIB, the key of its NLRI, and its path identifier, -1 where it has none."
  @type key :: {rib_id :: integer, nlri_key :: binary, path_id :: integer}

  @doc "The keys of the routes that match, in any order, up to `most` and one more; the query's cursor and limit do not count."
  @spec keys(t, Query.t(), most :: pos_integer) :: {:ok, [key]} | {:error, String.t()}
  def keys(%__MODULE__{ref: ref}, %Query{} = query, most),
    do: Native.table_keys(ref, %{query | cursor: nil}, most)

  @doc """
  How many routes match, counted up to `most`: one more than that where there are more.
  """
  @spec count(t, Query.t(), most :: pos_integer) :: {:ok, non_neg_integer} | {:error, String.t()}
  def count(%__MODULE__{ref: ref}, %Query{} = query, most), do: Native.table_count(ref, query, most)

  @doc """
  Routes that changed more than once of late, the worst first, as `ServiceRadar.BMP.flapping/2` with its options.
  """
  @spec flapping(t, keyword) :: [map]
  def flapping(%__MODULE__{ref: ref}, options \\ []),
    do: Native.table_flapping(ref, options[:router], options[:peer], options[:limit] || 100)

  @doc "How much it holds: `:routers`, `:peers`, `:routes`, `:attribute_sets`, `:attribute_octets`."
  @spec counts(t) :: %{atom => non_neg_integer}
  def counts(%__MODULE__{ref: ref}), do: Native.table_counts(ref)
end
