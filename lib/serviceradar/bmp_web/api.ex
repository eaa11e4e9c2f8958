defmodule ServiceRadar.BMPWeb.API do
  @moduledoc """
  What can be asked over HTTP: JSON of routers, peers, routes and what happened to them, and Arrow for the map.

  It is a function from a request to a response, and knows no server. `ServiceRadar.BMPWeb.Server.Httpd` serves it in the core
  build, `ServiceRadar.BMPWeb.Server.Plug` within a host's router. `GET /api/v1/openapi.json` describes it:
  `ServiceRadar.BMPWeb.API.OpenAPI`.

  Lists come in pages: `data`, and `next`, the `cursor` of the next page or null. What goes wrong is a problem of RFC 9457, with
  a sentence for each parameter that cannot be read.
  """
  require Logger

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Insight, Order}
  alias ServiceRadar.BMPWeb.{Format, Search}
  alias ServiceRadar.BMPWeb.API.{CSV, Cursor, JSON, MapStream, OpenAPI, Parameters, Schema}

  @arrow "application/vnd.apache.arrow.stream"
  @not_kept [{"cache-control", "no-store"}, {"x-content-type-options", "nosniff"}]

  @titles %{
    400 => "Bad Request",
    403 => "Forbidden",
    404 => "Not Found",
    405 => "Method Not Allowed",
    421 => "Misdirected Request",
    501 => "Not Implemented",
    503 => "Service Unavailable"
  }

  @typedoc """
  * `:path` - below the endpoints' base, in parts
  * `:params` - of the URL
  * `:base` - URL path of the endpoints
  * `:station` - name of the station
  * `:secret` - what cursors are signed with
  """
  @type request :: %{
          method: String.t(),
          path: [String.t()],
          params: %{String.t() => String.t()},
          base: String.t(),
          station: atom,
          secret: binary
        }

  @typedoc """
  Instead of `:body` a response may have `:stream`: a function that is called in the process of the connection with another one,
  that sends octets to the client and tells `:error` when it is gone.
  """
  @type response :: %{
          :status => 200..599,
          :headers => [{String.t(), String.t()}],
          optional(:body) => iodata,
          optional(:stream) => ((iodata -> :ok | :error) -> :ok)
        }

  @doc "The path under which servers mount it."
  def mount, do: "/api/v1"

  @spec respond(request) :: response
  def respond(%{method: method}) when method not in ["GET", "HEAD"],
    do: problem(405, "Nothing can be changed here: only GET and HEAD are answered.", [{"allow", "GET, HEAD"}])

  def respond(request) do
    with {:ok, name, known, id} <- OpenAPI.endpoint(request.path),
         {:ok, given} <- Parameters.read(request.params, known),
         {:ok, given} <- cursor(given, name, request) do
      request = Map.put(request, :format, given.format)
      name |> answer(%{given: given, id: id, station: request.station, base: request.base}) |> response(name, request)
    else
      :error -> problem(404, "There is no such endpoint. #{request.base}/openapi.json has them all.")
      {:error, errors} -> wrong(errors)
    end
  rescue
    # No station runs under this name, or it stops just now.
    error in [ArgumentError] ->
      Logger.warning("#{Enum.join(request.path, "/")} cannot be answered: #{Exception.message(error)}")
      problem(503, "The station does not run.")
  end

  defp cursor(%{cursor: nil} = given, _name, _request), do: {:ok, given}

  defp cursor(given, name, request) do
    case Cursor.read(given.cursor, request.secret, to_string(name)) do
      {:ok, cursor} ->
        {:ok, %{given | cursor: cursor}}

      :error ->
        {:error, %{"cursor" => "Not a cursor that this endpoint gave, or it gave it before it was started anew."}}
    end
  end

  defp response({:ok, page, kind, next}, name, request) do
    next = if next != nil, do: Cursor.write(next, request.secret, to_string(name))
    rows = Enum.map(page, &Schema.object(&1, kind))
    if request.format == :csv, do: csv(kind, rows, next, request), else: json(200, {[data: rows, next: next]})
  end

  defp response({:ok, list, kind}, _name, _request) when is_list(list),
    do: json(200, {[data: Enum.map(list, &Schema.object(&1, kind))]})

  defp response({:ok, one, kind}, _name, _request), do: json(200, Schema.object(one, kind))
  defp response({:ok, any}, _name, _request), do: json(200, any)

  defp response({:stream, type, run}, _name, _request),
    do: %{status: 200, headers: [{"content-type", type} | @not_kept], stream: run}

  defp response(:none, _name, _request), do: problem(404, "There is none with this id.")
  defp response({:wrong, errors}, _name, _request), do: wrong(errors)

  defp response({:error, :no_feed}, _name, _request),
    do: problem(501, "This station runs no pipeline, and is connected to no node that does: there is no map to draw.")

  defp response({:error, :no_insight}, _name, _request),
    do: problem(501, "This station concludes nothing: it was started without the option :insight.")

  defp response({:error, :not_known}, _name, _request),
    do:
      problem(
        501,
        "This station runs no pipeline, and is connected to no node that does: what flaps is not known here."
      )

  defp response({:error, :not_kept}, _name, _request), do: problem(501, "This station's store keeps no history.")
  defp response({:error, %ArgumentError{message: text}}, _name, _request), do: problem(400, text)

  defp response({:error, reason}, name, _request) do
    Logger.warning("#{name} cannot be answered: #{inspect(reason)}")
    problem(503, "The store does not answer.")
  end

  # Each endpoint: {:ok, page, kind, cursor or nil}, {:ok, object or list, kind}, or what went wrong.

  defp answer(:open_api, %{base: base}), do: {:ok, OpenAPI.description(base)}

  # Who looks at how much there is will look for something in it.
  defp answer(:counts, %{station: station}) do
    :ok = BMP.prepare_search(station)

    with {:ok, counts} <- BMP.counts(station),
         {:ok, totals} <- BMP.totals(station),
         do: {:ok, Map.merge(counts, Map.take(totals, [:routers_connected, :sessions, :sessions_up])), "Counts"}
  end

  defp answer(:map_stream, %{station: station, given: %{at: nil}}) do
    with {:ok, stream} <- BMP.Feed.watch(station), do: {:stream, @arrow, &MapStream.run(stream, &1)}
  end

  defp answer(:map_stream, %{station: station, given: %{at: at}}) do
    with {:ok, octets} <- BMP.Feed.at(station, at), do: {:stream, @arrow, & &1.(octets)}
  end

  defp answer(:routers, %{station: station, given: given}),
    do: listed(:routers, given, "Router", &BMP.list_routers(station, &1))

  defp answer(:router, %{station: station, id: id}) do
    with {:ok, router} <- BMP.router(station, id), do: one(router, "Router")
  end

  defp answer(:sessions, %{station: station}) do
    sessions =
      for session <- BMP.session_health(station) do
        since = DateTime.to_unix(session.since, :microsecond)
        session |> Map.merge(session.counters) |> Map.merge(%{router_id: session.router, since_us: since})
      end

    {:ok, sessions, "Session"}
  end

  defp answer(:peers, %{station: station, given: given}) do
    with {:ok, router} <- router(station, given) do
      asked = [router: router, state: given.state, find: given.find]
      listed(:peers, given, "Peer", &BMP.list_peers(station, asked ++ &1))
    end
  end

  defp answer(:peer, %{station: station, id: id}) do
    with {:ok, peer} <- BMP.peer(station, id), do: one(peer, "Peer")
  end

  defp answer(:statistics, %{station: station, id: id}) do
    with {:ok, statistics} <- BMP.statistics(station, id),
         do: {:ok, Enum.sort_by(statistics, &{&1.type, &1.afi, &1.safi}), "Statistic"}
  end

  defp answer(:routes, %{station: station, given: given}) do
    with {:ok, query} <- query(station, given) do
      paged("Route", if(given.at, do: BMP.routes_at(station, given.at, query), else: BMP.routes(station, query)))
    end
  end

  defp answer(:count_routes, %{station: station, given: given}) do
    with {:ok, query} <- query(station, given),
         {:ok, count} <- BMP.count_routes(station, Keyword.drop(query, [:limit, :cursor])) do
      case count do
        :not_known -> {:ok, %{routes: nil, more: false}, "RouteCount"}
        {:more_than, most} -> {:ok, %{routes: most, more: true}, "RouteCount"}
        count -> {:ok, %{routes: count, more: false}, "RouteCount"}
      end
    end
  end

  defp answer(:flapping, %{station: station, given: given}) do
    with {:ok, router} <- router(station, given),
         {:ok, peer} <- peer(station, given),
         {:ok, routes} <- BMP.flapping(station, router: router, peer: peer, limit: given.limit),
         {:ok, peers} <- BMP.some_peers(station, Enum.map(routes, & &1.peer_id)) do
      peers = Map.new(peers, &{&1.peer_id, &1})

      named =
        for route <- routes,
            peer = peers[route.peer_id],
            do: Map.merge(route, %{peer: peer.address, router: peer.router})

      {:ok, named, "FlappingRoute"}
    end
  end

  defp answer(:history, %{given: %{search: %{query: query}} = given, station: station}) do
    if query[:prefix],
      do: asked(station, given, [from: given.from, until: given.until], &BMP.history/2),
      else: {:wrong, %{"prefix" => "The prefix whose history is asked for."}}
  end

  defp answer(:changes, %{given: given, station: station}),
    do: asked(station, given, [from: given.from, until: given.until], &BMP.changes/2)

  defp answer(:events, %{station: station, given: given}) do
    with {:ok, router} <- router(station, given), {:ok, peer} <- peer(station, given) do
      options = [router: router, peer: peer, limit: given.limit, cursor: given.cursor]
      paged("Event", BMP.events(station, options))
    end
  end

  defp answer(:dead_letters, %{station: station, given: given}) do
    with {:ok, router} <- router(station, given) do
      paged("DeadLetter", BMP.dead_letters(station, router: router, limit: given.limit, cursor: given.cursor))
    end
  end

  defp answer(:dead_letter, %{station: station, id: id}) do
    case BMP.dead_letter(station, id) do
      {:ok, nil} -> :none
      {:ok, letter} -> {:ok, letter, "KeptOctets"}
      error -> error
    end
  end

  defp answer(:alerts, %{station: station, given: given}) do
    concluded(station, fn ->
      page(Insight.alerts(station), &{&1.subject, &1.rule}, given, "Alert", fn alert ->
        alert |> Map.put(:opened_at_us, alert.opened_at_ms * 1000) |> evidence()
      end)
    end)
  end

  defp answer(:verdicts, %{station: station, given: given}) do
    concluded(station, fn ->
      page(Insight.verdicts(station), &{-&1.at_ms, &1.subject}, given, "Verdict", fn verdict ->
        verdict |> Map.put(:said_at_us, verdict.at_ms * 1000) |> evidence()
      end)
    end)
  end

  defp concluded(station, answer), do: if(Insight.runs?(station), do: answer.(), else: {:error, :no_insight})

  defp evidence(%{evidence: evidence} = said),
    do: %{said | evidence: for(one <- evidence, do: Map.merge(Map.get(one, :position, %{}), one))}

  defp asked(station, given, more, ask) do
    with {:ok, query} <- query(station, given), do: paged("Change", ask.(station, query ++ more))
  end

  defp paged(kind, {:ok, rows, cursor}), do: {:ok, rows, kind, cursor}
  defp paged(_kind, error), do: error

  defp query(station, %{search: search} = given) do
    with {:ok, routers} <- routers(station, search.query[:router]) do
      case Search.resolve(search, routers) do
        {:ok, query} -> {:ok, query ++ [limit: given.limit, cursor: given.cursor]}
        :none -> no_router()
      end
    end
  end

  defp router(station, %{search: search}) do
    with {:ok, routers} <- routers(station, search.query[:router]) do
      case Search.resolve(search, routers) do
        {:ok, query} -> {:ok, query[:router]}
        :none -> no_router()
      end
    end
  end

  defp routers(_station, nil), do: {:ok, []}
  defp routers(station, _name), do: BMP.router_names(station)
  defp no_router, do: {:wrong, %{"router" => "No router has this id, name or address."}}

  # Events are asked for by the id of a peer; an address may be that of several, and then is not enough.
  defp peer(station, %{search: %{query: query}}) do
    case query[:peer] do
      nil ->
        {:ok, query[:peer_id]}

      address ->
        # More than one is too many, however many there are.
        with {:ok, peers, _} <- BMP.list_peers(station, address: address, order: {"peer", false}, limit: 2),
             do: one_peer(peers, address)
    end
  end

  defp one_peer([peer], _address), do: {:ok, peer.peer_id}
  defp one_peer([], _), do: {:wrong, %{"peer" => "No peer has this address."}}

  defp one_peer(_several, address),
    do: {:wrong, %{"peer" => "Several peers have the address #{Format.address(address)}: give the id of one."}}

  defp listed(kind, given, name, ask) do
    order = Order.read(kind, given.sort, given.order)

    case given.cursor || {order, nil} do
      _any when given.sort != nil and elem(order, 0) != given.sort ->
        {:wrong, %{"sort" => "One of #{Enum.join(Order.columns(kind), ", ")}."}}

      {^order, last} ->
        with {:ok, page, last} <- ask.(order: order, after: last, limit: given.limit),
             do: {:ok, page, name, last && {order, last}}

      _of_another ->
        {:wrong, %{"cursor" => "It is a cursor of another order."}}
    end
  end

  # Alerts and verdicts are there at once; a page begins after the last one of the page before.
  defp page(all, key, given, kind, shown) do
    sorted = Enum.sort_by(all, key)
    rest = if given.cursor, do: Enum.drop_while(sorted, &(key.(&1) <= given.cursor)), else: sorted
    {page, more} = Enum.split(rest, given.limit)
    {:ok, Enum.map(page, shown), kind, if(more != [], do: key.(List.last(page)))}
  end

  defp one(nil, _kind), do: :none
  defp one(found, kind), do: {:ok, found, kind}

  defp wrong(errors) do
    detail = Enum.map_join(errors, " ", fn {name, text} -> "#{name}: #{text}" end)
    problem(400, detail, [], errors: errors)
  end

  @doc "A response that says what went wrong."
  @spec problem(400..599, String.t(), [{String.t(), String.t()}], keyword) :: response
  def problem(status, detail, headers \\ [], more \\ []) do
    response = json(status, {[status: status, title: Map.fetch!(@titles, status), detail: detail] ++ more})
    %{response | headers: [{"content-type", "application/problem+json"} | tl(response.headers)] ++ headers}
  end

  # The page after it is in the header link (RFC 8288).
  defp csv(kind, rows, next, request) do
    query = URI.encode_query(Map.put(request.params, "cursor", next || ""))
    link = if next, do: [{"link", "<#{request.base}/#{Enum.join(request.path, "/")}?#{query}>; rel=\"next\""}], else: []
    file = "attachment; filename=\"#{Enum.join(request.path, "-")}.csv\""
    headers = [{"content-type", "text/csv; charset=utf-8"}, {"content-disposition", file} | @not_kept]
    %{status: 200, headers: headers ++ link, body: CSV.encode(Schema.fields(kind), rows)}
  end

  defp json(status, value) do
    %{status: status, headers: [{"content-type", "application/json"} | @not_kept], body: JSON.encode(value)}
  end
end
