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
  * `:covering` - this prefix and all less specific ones
  * `:origin_as` - the AS that originates it, the last of the AS path
  * `:as_path` - a regular expression over the AS path as routers print it, such as `"^3356 174"` or `"_64500$"`. As on routers, `_` is
    where a number ends: a space, a bracket, or either end of the path. Beside digits it may have spaces and `. ^ $ | ( ) [ ] * + ? {n,m}`
  * `:next_hop` - the address of the next hop
  * `:validity` - what RPKI says: `:valid`, `:invalid` or `:not_found`. Routes are validated when they are asked for, 100,000 of them at
    most, so a page may have fewer than `:limit`, or none, and yet a cursor
  * `:from`, `:until` - changes received in this time, both included: each a `DateTime`, or microseconds since 1970
  * `:limit` - at most so many routes, default 100, and 10,000 at most
  * `:cursor` - what the page before gave

  `ServiceRadar.BMP.routes/2` does not take `:from` and `:until`: they are of questions about the past.

  ## Examples

      iex> {:ok, query} = ServiceRadar.BMP.Query.new(address: "192.0.2.7", as: 64500)
      iex> {query.address, query.as, query.limit}
      {{192, 0, 2, 7}, 64500, 100}
      iex> ServiceRadar.BMP.Query.new(prefix: "192.0.2.0/33")
      {:error, "option :prefix is a prefix, not \\"192.0.2.0/33\\""}
  """
  alias ServiceRadar.BMP.{AsPathExpression, Prefix}

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
    :covering,
    :origin_as,
    :as_path,
    :next_hop,
    :validity,
    :from,
    :until,
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
          covering: Prefix.t() | nil,
          origin_as: 0..4_294_967_295 | nil,
          as_path: String.t() | nil,
          next_hop: :inet.ip_address() | nil,
          validity: :valid | :invalid | :not_found | nil,
          from: DateTime.t() | nil,
          until: DateTime.t() | nil,
          cursor: term,
          limit: pos_integer
        }

  @fields [:router, :peer, :peer_id, :view, :family, :prefix, :address, :within, :nlri, :as, :community] ++
            [:covering, :origin_as, :as_path, :next_hop, :validity, :from, :until]

  @doc "Every view's name."
  @spec views() :: [view]
  def views, do: @views

  @doc "The fields that are given and that the caller's function does not take."
  @spec given(t, [atom]) :: [atom]
  def given(%__MODULE__{} = query, fields), do: Enum.reject(fields, &(Map.fetch!(query, &1) == nil))

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
       when key in @fields,
       do: {:ok, nil}

  defp check(key, value) when key in [:router, :peer_id],
    do: valid(value, is_binary(value) and value =~ @uuid, "an id like \"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"")

  defp check(key, value) when key in [:peer, :address, :next_hop], do: parsed(Prefix.address(value), "an address")
  defp check(key, value) when key in [:prefix, :within, :covering], do: parsed(Prefix.parse(value), "a prefix")
  defp check(:nlri, value), do: valid(value, is_binary(value) and String.valid?(value), "an NLRI as text")
  defp check(:view, value), do: valid(value, value in @views, "one of #{Enum.map_join(@views, ", ", &inspect/1)}")

  defp check(:validity, value),
    do: valid(value, value in [:valid, :invalid, :not_found], ":valid, :invalid or :not_found")

  defp check(key, value) when key in [:as, :origin_as],
    do: valid(value, value in 0..0xFFFFFFFF, "an AS number")

  defp check(key, %DateTime{} = value) when key in [:from, :until], do: {:ok, value}

  defp check(key, value) when key in [:from, :until] do
    case is_integer(value) && DateTime.from_unix(value, :microsecond) do
      {:ok, time} -> {:ok, time}
      _ -> {:error, "a DateTime or microseconds since 1970"}
    end
  end

  defp check(:limit, value), do: valid(value, value in 1..@most, "an integer from 1 to #{@most}")

  defp check(:community, value),
    do: valid(value, is_binary(value) and value =~ ~r/^[^:]+(:[^:]+){1,2}$/, "a community like \"65000:1\"")

  defp check(:as_path, value), do: AsPathExpression.parse(value)

  defp check(:family, {afi, safi} = value),
    do: valid(value, afi in 1..0xFFFF and safi in 1..0xFF, "{afi, safi}")

  defp check(:family, _), do: {:error, "{afi, safi}"}
  defp check(_, _), do: :unknown

  defp valid(value, true, _what), do: {:ok, value}
  defp valid(_value, false, what), do: {:error, what}

  defp parsed({:ok, value}, _what), do: {:ok, value}
  defp parsed(:error, what), do: {:error, what}
end
