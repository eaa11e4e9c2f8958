defmodule ServiceRadar.BMP.Query do
  @moduledoc """
  Which routes one wants. Every field that is given must match.

  * `:router` - a router's id (UUID text)
  * `:peer` - a peer's address, text or tuple; `:peer_id` - its id (UUID text)
  * `:view` - `:adj_rib_in_pre`, `:adj_rib_in_post`, `:adj_rib_out_pre`, `:adj_rib_out_post` or `:loc_rib`
  * `:family` - `{afi, safi}`
  * `:prefix` - exactly this prefix
  * `:address` - the longest matching prefix for this address, in each peer's table
  * `:within` - this prefix and all more specific ones
  * `:nlri` - exactly this NLRI as text, of any family: `"[5]:[65000:1]:[0]:[24]:[10.0.0.0]"`; stores have no index for it
  * `:as` - an AS number anywhere in the AS path
  * `:community` - a community as text: `"65000:1"`, large `"65000:1:2"`, extended `"rt:65000:1"`
  * `:limit` - at most so many routes, default 100, and 10,000 at most
  * `:cursor` - what the page before gave

  ## Examples

      iex> {:ok, query} = ServiceRadar.BMP.Query.new(address: "192.0.2.7", as: 64500)
      iex> {query.address, query.as, query.limit}
      {{192, 0, 2, 7}, 64500, 100}
      iex> ServiceRadar.BMP.Query.new(prefix: "192.0.2.0/33")
      {:error, "option :prefix is a prefix, not \\"192.0.2.0/33\\""}
  """
  alias ServiceRadar.BMP.{Config, Prefix}

  @uuid ~r/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
  @most 10_000
  @views [:adj_rib_in_pre, :adj_rib_in_post, :adj_rib_out_pre, :adj_rib_out_post, :loc_rib]

  defstruct [
    :router,
    :peer,
    :peer_id,
    :view,
    :family,
    :prefix,
    :address,
    :within,
    :nlri,
    :as,
    :community,
    :cursor,
    limit: 100
  ]

  @type view :: :adj_rib_in_pre | :adj_rib_in_post | :adj_rib_out_pre | :adj_rib_out_post | :loc_rib

  @type t :: %__MODULE__{
          router: String.t() | nil,
          peer: :inet.ip_address() | nil,
          peer_id: String.t() | nil,
          view: view | nil,
          family: {afi :: 1..65_535, safi :: 1..255} | nil,
          prefix: Prefix.t() | nil,
          address: :inet.ip_address() | nil,
          within: Prefix.t() | nil,
          nlri: String.t() | nil,
          as: 0..4_294_967_295 | nil,
          community: String.t() | nil,
          cursor: term,
          limit: pos_integer
        }

  @doc "Every view's name."
  @spec views() :: [view]
  def views, do: @views

  @doc "Checks a query."
  @spec new(keyword | t) :: {:ok, t} | {:error, String.t()}
  def new(%__MODULE__{} = query), do: {:ok, query}

  def new(options) when is_list(options) do
    Enum.reduce_while(options, {:ok, %__MODULE__{}}, fn {key, value}, {:ok, query} ->
      case check(key, value) do
        {:ok, value} -> {:cont, {:ok, Map.put(query, key, value)}}
        {:error, what} -> {:halt, {:error, "option #{inspect(key)} is #{what}, not #{inspect(value)}"}}
        :unknown -> {:halt, {:error, "unknown option #{inspect(key)}"}}
      end
    end)
  end

  defp check(:cursor, value), do: {:ok, value}

  defp check(key, nil)
       when key in [:router, :peer, :peer_id, :view, :family, :prefix, :address, :within, :nlri, :as, :community],
       do: {:ok, nil}

  defp check(key, value) when key in [:router, :peer_id],
    do: valid(value, is_binary(value) and value =~ @uuid, "an id like \"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"")

  defp check(key, value) when key in [:peer, :address], do: parsed(Config.address(value), "an address")
  defp check(key, value) when key in [:prefix, :within], do: parsed(Prefix.parse(value), "a prefix")
  defp check(:nlri, value), do: valid(value, is_binary(value) and String.valid?(value), "an NLRI as text")
  defp check(:view, value), do: valid(value, value in @views, "one of #{Enum.map_join(@views, ", ", &inspect/1)}")
  defp check(:as, value), do: valid(value, value in 0..0xFFFFFFFF, "an AS number")
  defp check(:limit, value), do: valid(value, value in 1..@most, "an integer from 1 to #{@most}")

  defp check(:community, value),
    do: valid(value, is_binary(value) and value =~ ~r/^[^:]+(:[^:]+){1,2}$/, "a community like \"65000:1\"")

  defp check(:family, {afi, safi} = value),
    do: valid(value, afi in 1..0xFFFF and safi in 1..0xFF, "{afi, safi}")

  defp check(:family, _), do: {:error, "{afi, safi}"}
  defp check(_, _), do: :unknown

  defp valid(value, true, _what), do: {:ok, value}
  defp valid(_value, false, what), do: {:error, what}

  defp parsed({:ok, value}, _what), do: {:ok, value}
  defp parsed(:error, what), do: {:error, what}
end
