defmodule ServiceRadar.BMP.ListQuery do
  @moduledoc """
  Which peers or routers one wants, and in which order: what `ServiceRadar.BMP.list_peers/2` and `list_routers/2` ask a store.

      iex> {:ok, list} = ServiceRadar.BMP.ListQuery.new(:peers, state: "trouble", find: "AS65001 Edge", order: {"as", true})
      iex> {list.states, list.words, list.column, list.down, list.limit}
      {[:down, :stale], ["AS65001", "Edge"], "as", true, 100}
      iex> ServiceRadar.BMP.ListQuery.new(:routers, order: {"as", true})
      {:error, ~s(option :order is of a column of routers, not "as")}
  """
  alias ServiceRadar.BMP.Order

  @states %{
    "trouble" => [:down, :stale],
    "up" => [:up],
    "down" => [:down],
    "stale" => [:stale],
    "unknown" => [:unknown]
  }

  @enforce_keys [:kind]
  defstruct kind: nil,
            router: nil,
            address: nil,
            states: [],
            words: [],
            column: "router",
            down: false,
            after: nil,
            limit: 100

  @typedoc "Of peers those of a router, with an address, in one of the states (any, where it has none), with all of the words."
  @type t :: %__MODULE__{
          kind: Order.kind(),
          router: String.t() | nil,
          address: :inet.ip_address() | nil,
          states: [:up | :down | :stale | :unknown],
          words: [String.t()],
          column: Order.column(),
          down: boolean,
          after: Order.key() | nil,
          limit: pos_integer
        }

  @doc "Names of states that can be asked for; `trouble` is down or stale."
  @spec states :: [String.t()]
  def states, do: ~w(trouble up down stale unknown)

  @doc "With the options of `ServiceRadar.BMP.list_peers/2`."
  @spec new(Order.kind(), keyword) :: {:ok, t} | {:error, String.t()}
  def new(kind, options) do
    {column, down?} = options[:order] || Order.read(kind, nil, nil)

    if column in Order.columns(kind) do
      {:ok,
       %__MODULE__{
         kind: kind,
         router: options[:router],
         address: options[:address],
         states: Map.get(@states, options[:state], []),
         words: String.split(options[:find] || ""),
         column: column,
         down: down?,
         after: options[:after],
         limit: options[:limit] || 100
       }}
    else
      {:error, "option :order is of a column of #{kind}, not #{inspect(column)}"}
    end
  end
end
