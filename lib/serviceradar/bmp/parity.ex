defmodule ServiceRadar.BMP.Parity do
  @moduledoc """
  Is what a station holds of a router the router's own table?

  The router's table is text as its operator gets it: `show bgp … json` of FRR, `gobgp … -j`, `show route` of BIRD. Missing and
  extra routes are told, and those that differ, by attribute; known faults of routers' BMP are counted and are no difference.
  `mix bmp.parity` and `bmp-collector parity` are the same comparison (`native/parity`).
  """

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Native, Query, Route}

  @page 10_000

  @typedoc "Gives a page of routes, as `ServiceRadar.BMP.routes/2` of a station does."
  @type pages :: (keyword -> {:ok, [Route.t()], cursor :: term | nil} | {:error, term})

  @doc """
  Compares routes of a station, or of any function that gives pages of them, with a router's tables: several texts are
  one table, for example one an address family.

  Options:

    * `:router` - sysName or address of the router; needed where there are several
    * `:view`, `:peer`, `:family` (`"1/1"`), `:format` (`"frr"`, `"gobgp"`, `"bird"`), `:distinguisher` - where the table does not
      say which it is, or is of a part
    * `:bmp` - the octets of the BMP session that the routes came from: each difference then names the last message that
      spoke of the route
    * `:as_sent` - whether differences are excused where that message says what the station holds

  Gives whether they are equal, with the report as JSON text (counts and every difference) and as text for a person.
  """
  @spec compare(BMP.Config.name() | pages, [String.t()], keyword) ::
          {:ok, equal? :: boolean, json :: String.t(), text :: String.t()} | {:error, String.t()}
  def compare(station_or_pages \\ BMP, tables, options \\ [])

  def compare(pages, tables, options) when is_function(pages, 1) do
    {bmp, options} = Keyword.pop(options, :bmp, "")
    named = for {name, value} <- options, value not in [nil, false], do: {to_string(name), to_string(value)}

    with {:ok, lines} <- lines(pages, Keyword.take(options, [:view])),
         do: Native.parity_compare(lines, tables, bmp, named)
  end

  def compare(station, tables, options), do: compare(&BMP.routes(station, &1), tables, options)

  # Every page, as the lines that `bmp-collector rib` prints.
  defp lines(pages, query, cursor \\ nil, lines \\ []) do
    case pages.(query(query) ++ [limit: @page, cursor: cursor]) do
      {:ok, routes, nil} -> {:ok, IO.iodata_to_binary([lines, Enum.map(routes, &line/1)])}
      {:ok, routes, cursor} -> lines(pages, query, cursor, [lines, Enum.map(routes, &line/1)])
      {:error, %{__exception__: true} = error} -> {:error, Exception.message(error)}
      {:error, reason} -> {:error, "the station's routes cannot be read: #{inspect(reason)}"}
    end
  end

  # A name that is no view is refused by the comparison, with a better reason.
  defp query(view: view) do
    case Enum.find(Query.views(), &(to_string(&1) == to_string(view))) do
      nil -> []
      view -> [view: view]
    end
  end

  defp query([]), do: []

  @doc "A route as a line of `bmp-collector rib`, with what tells routes apart and every attribute."
  @spec line(Route.t()) :: iodata
  def line(%Route{} = route) do
    fields = [
      router: route.router,
      view: to_string(route.view),
      peer: address(route.peer),
      distinguisher: route.distinguisher,
      afi: route.afi,
      safi: route.safi,
      nlri: Base.encode16(route.nlri, case: :lower),
      path_id: route.path_id,
      origin: text(route.origin),
      as_path_text: route.as_path_text,
      next_hop: address(route.next_hop),
      next_hop_link_local: address(route.next_hop_link_local),
      med: route.med,
      local_pref: route.local_pref,
      atomic_aggregate: route.atomic_aggregate,
      aggregator: aggregator(route.aggregator),
      originator_id: address(route.originator_id),
      cluster_list: Enum.map(route.cluster_list, &address/1),
      communities: route.communities,
      extended_communities: route.extended_communities,
      large_communities: route.large_communities
    ]

    [json(fields), ?\n]
  end

  defp text(nil), do: nil
  defp text(value), do: to_string(value)

  defp aggregator(nil), do: nil
  defp aggregator({asn, address}), do: [asn: asn, address: address(address)]

  defp address(nil), do: nil
  defp address(address) when is_tuple(address), do: address |> :inet.ntoa() |> to_string()

  # The few forms that a route has, so that the core build needs no package for it.
  defp json(nil), do: "null"
  defp json(value) when is_boolean(value) or is_integer(value), do: to_string(value)

  defp json([{key, _} | _] = fields) when is_atom(key),
    do: ["{", join(fields, &[json(elem(&1, 0)), ":", json(elem(&1, 1))]), "}"]

  defp json(list) when is_list(list), do: ["[", join(list, &json/1), "]"]
  defp json(name) when is_atom(name), do: json(Atom.to_string(name))

  # What is not ASCII or would end the text is escaped, as UTF-16.
  defp json(text) when is_binary(text), do: [?", for(<<char::utf8 <- text>>, do: escaped(char)), ?"]

  defp escaped(char) when char in [?", ?\\], do: [?\\, char]
  defp escaped(char) when char in 0x20..0x7E, do: char

  defp escaped(char),
    do: for(<<(unit::16 <- <<char::utf16>>)>>, do: ["\\u", unit |> Integer.to_string(16) |> String.pad_leading(4, "0")])

  defp join(items, fun), do: items |> Enum.map(fun) |> Enum.intersperse(",")
end
