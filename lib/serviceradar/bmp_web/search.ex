defmodule ServiceRadar.BMPWeb.Search do
  @moduledoc """
  The search for routes: from the parameters of a URL to a query, with a message for each field that cannot be read.

  | parameter | what it takes |
  |---|---|
  | `prefix` | a prefix or an address |
  | `match` | `exact` (default), `longest` (takes an address), `within`, the prefix and its more specifics, or `covering`, it and its less specifics |
  | `nlri` | an NLRI as text, of families without a bare prefix: `[5]:[65000:1]:[0]:[24]:[10.0.0.0]` |
  | `router` | a router's id, sysName or address |
  | `peer` | a peer's address, or its id |
  | `view` | `adj_rib_in_pre`, `adj_rib_in_post`, `adj_rib_out_pre`, `adj_rib_out_post`, `loc_rib` |
  | `family` | `ipv4-unicast`, `ipv6-unicast`, … or `AFI-SAFI` in numbers |
  | `as` | an AS number in the path: `65000`, `AS65000` or `1.10` (RFC 5396) |
  | `origin_as` | the AS number that the route comes from, the last of the path |
  | `as_path` | a regular expression over the path, as on routers: `^3356_174`, `_64500$` |
  | `next_hop` | the next hop's address |
  | `community` | `65000:1`, large `65000:1:2`, extended `rt:65000:1`, or a registered name like `no-export` |
  | `rpki` | `valid`, `invalid` or `not_found`: what RPKI says of the route's origin |
  | `at` | the routes as they were at this time (RFC 3339; UTC where it names no zone), where the store keeps history |
  | `limit` | rows of a page: 25, 50 (default), 100, 250 |
  | `cursor` | where a page goes on |

      iex> search = ServiceRadar.BMPWeb.Search.parse(%{"prefix" => "192.0.2.7", "match" => "longest", "as" => "AS65000"})
      iex> {search.query, search.errors}
      {[address: {192, 0, 2, 7}, as: 65000, limit: 50], %{}}
      iex> ServiceRadar.BMPWeb.Search.parse(%{"as" => "65000x"}).errors
      %{as: "Not an AS number. Such as 65000, AS4200000001 or 1.10."}
  """
  alias ServiceRadar.BMP.{AsPathExpression, Prefix, Query}
  alias ServiceRadar.BMPWeb.Format

  @filters ~w(prefix match nlri router peer view family as origin_as as_path next_hop community rpki)a
  @fields @filters ++ [:at, :limit, :cursor]
  @matches ~w(exact longest within covering)
  @validities ~w(valid invalid not_found)
  @limits [25, 50, 100, 250]
  @limit 50
  @uuid ~r/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

  # `fields` is what the user typed, `query` what `ServiceRadar.BMP.routes/2` takes (without the cursor, and with the router
  # as it was named: see `resolve/2`), `notes` what was understood otherwise than it was typed.
  defstruct fields: %{}, query: [], errors: %{}, notes: %{}

  @type field ::
          :prefix
          | :match
          | :nlri
          | :router
          | :peer
          | :view
          | :family
          | :as
          | :origin_as
          | :as_path
          | :next_hop
          | :community
          | :rpki
          | :at
          | :limit
          | :cursor
  @type t :: %__MODULE__{
          fields: %{field => String.t()},
          query: keyword,
          errors: %{field => String.t()},
          notes: %{field => String.t()}
        }

  @doc "The parameters that say which routes are wanted, besides when and how many."
  def filters, do: @filters

  @doc "Page sizes."
  def limits, do: @limits

  @doc "Reads the parameters of a URL or form. Unknown ones are left out."
  @spec parse(map) :: t
  def parse(params) do
    fields =
      for field <- @fields, value = params[Atom.to_string(field)], is_binary(value), String.valid?(value), into: %{} do
        {field, value |> String.trim() |> String.slice(0, 1000)}
      end

    search = %__MODULE__{fields: Map.reject(fields, fn {_, value} -> value == "" end)}

    (@fields -- [:cursor])
    |> Enum.reduce(search, fn field, search -> take(read(field, search.fields[field], search), field, search) end)
    |> check()
  end

  defp take({:ok, options}, _field, search), do: %{search | query: search.query ++ options}

  defp take({:ok, options, note}, field, search),
    do: %{search | query: search.query ++ options, notes: Map.put(search.notes, field, note)}

  defp take({:error, text}, field, search), do: %{search | errors: Map.put(search.errors, field, text)}

  # What this module lets through and the query does not is still said, not raised.
  defp check(%{errors: errors} = search) when errors != %{}, do: search

  defp check(search) do
    case Query.new(Keyword.drop(search.query, [:router, :at])) do
      {:ok, _} -> search
      {:error, text} -> %{search | errors: %{prefix: text}}
    end
  end

  @doc """
  The query with the id of the router it names by id, name or address; `:none` where there is no such router.
  """
  @spec resolve(t, [map]) :: {:ok, keyword} | :none
  def resolve(%__MODULE__{query: query}, routers) do
    case Keyword.fetch(query, :router) do
      :error ->
        {:ok, query}

      {:ok, name} ->
        router = Enum.find(routers, &(name in [&1.router_id, &1.name, Format.address(&1.address)]))
        if router, do: {:ok, Keyword.put(query, :router, router.router_id)}, else: :none
    end
  end

  @doc """
  A moment of RFC 3339. What a browser's field for date and time gives has no zone, and no seconds where they are zero: it is UTC,
  as all times on the pages.

      iex> ServiceRadar.BMPWeb.Search.time("2026-11-24T12:00")
      {:ok, ~U[2026-11-24 12:00:00Z]}
  """
  @spec time(String.t()) :: {:ok, DateTime.t()} | {:error, String.t()}
  def time(text) do
    utc = if text =~ ~r/T\d\d:\d\d$/, do: text <> ":00Z", else: text <> "Z"

    case {DateTime.from_iso8601(text), DateTime.from_iso8601(utc)} do
      {{:ok, time, _offset}, _} -> {:ok, time}
      {_, {:ok, time, _offset}} -> {:ok, time}
      _ -> {:error, "Not a time of RFC 3339. Such as 2026-11-24T12:00:00Z."}
    end
  end

  @doc "Whether there is anything to search by, besides the page's size."
  def any?(%__MODULE__{fields: fields}), do: Map.drop(fields, [:match, :limit, :cursor]) != %{}

  @doc """
  The parameters of this search's URL, in a stable order, with others put or (nil) left out.

      iex> search = ServiceRadar.BMPWeb.Search.parse(%{"as" => "65000", "match" => "exact", "cursor" => "x"})
      iex> ServiceRadar.BMPWeb.Search.params(search, cursor: nil, view: "loc_rib")
      [view: "loc_rib", as: "65000"]
  """
  @spec params(t, keyword) :: keyword
  def params(%__MODULE__{fields: fields}, changes \\ []) do
    fields = Map.merge(fields, Map.new(changes))

    for field <- @fields, value = fields[field], value != "", not default?(field, to_string(value)), do: {field, value}
  end

  defp default?(:match, value), do: value == "exact"
  defp default?(:limit, value), do: value == Integer.to_string(@limit)
  defp default?(_field, _value), do: false

  defp read(:match, value, _) when value in [nil | @matches], do: {:ok, []}
  defp read(:match, _, _), do: {:error, "One of #{Enum.join(@matches, ", ")}."}
  defp read(:limit, nil, _), do: {:ok, limit: @limit}

  defp read(:limit, value, _) do
    case Integer.parse(value) do
      {limit, ""} when limit in @limits -> {:ok, limit: limit}
      _ -> {:error, "One of #{Enum.join(@limits, ", ")}."}
    end
  end

  defp read(_field, nil, _), do: {:ok, []}
  defp read(:prefix, text, %{fields: %{match: "longest"}}), do: read_address(text)
  defp read(:prefix, text, %{fields: %{match: "within"}}), do: read_prefix(:within, text)
  defp read(:prefix, text, %{fields: %{match: "covering"}}), do: read_prefix(:covering, text)
  defp read(:prefix, text, _), do: read_prefix(:prefix, text)
  defp read(:nlri, text, _), do: {:ok, nlri: text}
  defp read(:router, text, _), do: {:ok, router: text}

  defp read(:peer, text, _) do
    case {Prefix.address(text), text =~ @uuid} do
      {{:ok, address}, _} -> {:ok, peer: address}
      {:error, true} -> {:ok, peer_id: text}
      {:error, false} -> {:error, "Not an IPv4 or IPv6 address. A peer is searched by its address, such as 192.0.2.1."}
    end
  end

  defp read(:view, text, _) do
    case Enum.find(Format.views(), fn {view, _, _} -> Atom.to_string(view) == text end) do
      {view, _, _} -> {:ok, view: view}
      nil -> {:error, "One of #{Enum.map_join(Format.views(), ", ", &elem(&1, 0))}."}
    end
  end

  defp read(:family, text, _) do
    case Format.family_from_slug(text) do
      {:ok, family} -> {:ok, family: family}
      :error -> {:error, "Not an address family. Such as ipv4-unicast, or AFI-SAFI in numbers."}
    end
  end

  defp read(field, text, _) when field in [:as, :origin_as] do
    case asn(Regex.run(~r/^(?:AS)?(\d{1,10})(?:\.(\d{1,5}))?$/i, text)) do
      {:ok, asn} -> {:ok, [{field, asn}]}
      :error -> {:error, "Not an AS number. Such as 65000, AS4200000001 or 1.10."}
    end
  end

  defp read(:rpki, text, _) when text in @validities, do: {:ok, validity: String.to_existing_atom(text)}
  defp read(:rpki, _, _), do: {:error, "One of #{Enum.join(@validities, ", ")}."}

  defp read(:as_path, text, _) do
    case AsPathExpression.parse(text) do
      {:ok, _} -> {:ok, as_path: text}
      {:error, what} -> {:error, "Not #{what}."}
    end
  end

  defp read(:next_hop, text, _) do
    case Prefix.address(text) do
      {:ok, address} -> {:ok, next_hop: address}
      :error -> {:error, "Not an IPv4 or IPv6 address. Such as 192.0.2.1."}
    end
  end

  defp read(:at, text, _) do
    with {:ok, time} <- time(text), do: {:ok, at: time}
  end

  defp read(:community, text, _) do
    case Format.named_community(String.downcase(text)) do
      {:ok, community} -> {:ok, [community: community], "#{community}"}
      :error -> community(String.split(text, ":"), text)
    end
  end

  defp read_prefix(key, text) do
    case Prefix.parse(text) do
      {:ok, prefix} -> understood(key, prefix, text)
      :error -> {:error, wrong_prefix(text)}
    end
  end

  # 192.0.2.1/24 is read as the network it lies in; that is said.
  defp understood(key, prefix, text) do
    if to_string(prefix) == String.downcase(text), do: {:ok, [{key, prefix}]}, else: {:ok, [{key, prefix}], "#{prefix}"}
  end

  defp wrong_prefix(text) do
    with [address, _length] <- String.split(text, "/", parts: 2), {:ok, address} <- Prefix.address(address) do
      if tuple_size(address) == 4,
        do: "The length of an IPv4 prefix is a number from 0 to 32.",
        else: "The length of an IPv6 prefix is a number from 0 to 128."
    else
      _ -> "Not an IPv4 or IPv6 prefix. Such as 192.0.2.0/24 or 2001:db8::/32."
    end
  end

  defp read_address(text) do
    case {Prefix.address(text), Prefix.parse(text)} do
      {{:ok, address}, _} -> {:ok, address: address}
      {:error, {:ok, _}} -> {:error, "The longest match is for one address: leave out the length."}
      {:error, :error} -> {:error, "Not an IPv4 or IPv6 address. Such as 192.0.2.7 or 2001:db8::7."}
    end
  end

  defp asn([_, number]), do: asn(String.to_integer(number), 0xFFFFFFFF)

  defp asn([_, high, low]) do
    with {:ok, high} <- asn(String.to_integer(high), 0xFFFF),
         {:ok, low} <- asn(String.to_integer(low), 0xFFFF),
         do: {:ok, high * 0x10000 + low}
  end

  defp asn(nil), do: :error
  defp asn(number, most) when number <= most, do: {:ok, number}
  defp asn(_, _), do: :error

  defp community([_, _] = parts, _text), do: numbers(parts, 0xFFFF, "Both parts of a community are 0 to 65535.")

  defp community([first, _, _] = parts, text) do
    if first =~ ~r/^\d+$/,
      do: numbers(parts, 0xFFFFFFFF, "The parts of a large community are 0 to 4294967295."),
      else: extended(first, text)
  end

  defp community(_, _), do: not_a_community()

  defp numbers(parts, most, too_big) do
    cond do
      not Enum.all?(parts, &(&1 =~ ~r/^\d{1,12}$/)) -> not_a_community()
      Enum.any?(parts, &(String.to_integer(&1) > most)) -> {:error, too_big}
      true -> {:ok, community: Enum.map_join(parts, ":", &String.to_integer/1)}
    end
  end

  defp extended(kind, text) do
    if kind =~ ~r/^[a-z0-9-]+$/i, do: {:ok, community: String.downcase(text)}, else: not_a_community()
  end

  defp not_a_community,
    do: {:error, "Not a community. Such as 65000:1, large 65000:1:2, rt:65000:1, or no-export."}
end
