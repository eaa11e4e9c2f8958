defmodule ServiceRadar.BMPWeb.API.OpenAPI do
  @moduledoc """
  Every endpoint, what it takes and what it answers with, and the OpenAPI 3.1 description of them all.
  """
  alias ServiceRadar.BMP.Query
  alias ServiceRadar.BMPWeb.API.Schema
  alias ServiceRadar.BMP.{ListQuery, Order}
  alias ServiceRadar.BMPWeb.Search

  @page ~w(limit cursor)
  @sorts Enum.uniq(Order.columns(:peers) ++ Order.columns(:routers))
  # What RPKI says is known of routes that are there now, and not of changes.
  @search Enum.map(Search.filters() -- [:rpki], &to_string/1)

  # {name, path, what it answers with, parameters, summary}
  @endpoints [
    {:counts, "/counts", {:object, "Counts"}, [], "How much the station holds"},
    {:routers, "/routers", {:page, "Router"}, ~w(sort order) ++ @page,
     "Routers, by name where no other order is asked for"},
    {:router, "/routers/{id}", {:object, "Router"}, [], "One router"},
    {:sessions, "/sessions", {:list, "Session"}, [],
     "Sessions of routers, with what was counted and how far they are behind; none of edge collectors"},
    {:peers, "/peers", {:page, "Peer"}, ~w(router state find sort order) ++ @page,
     "Peers, by router and address where no other order is asked for"},
    {:peer, "/peers/{id}", {:object, "Peer"}, [], "One peer"},
    {:statistics, "/peers/{id}/statistics", {:list, "Statistic"}, [],
     "The newest value of each counter of a peer's Statistics Reports"},
    {:routes, "/routes", {:page, "Route"}, @search ++ ["rpki", "at", "format" | @page],
     "Active routes: the looking glass"},
    {:count_routes, "/routes/count", {:object, "RouteCount"}, @search,
     "How many active routes match, counted up to 10,000"},
    {:flapping, "/flapping", {:list, "FlappingRoute"}, ~w(router peer limit),
     "Routes that changed more than once of late, the worst first"},
    {:history, "/history", {:page, "Change"}, ~w(prefix peer from until) ++ @page,
     "What happened to one prefix over all peers, newest first"},
    {:changes, "/changes", {:page, "Change"}, (@search -- ["nlri"]) ++ ~w(from until) ++ @page,
     "Changes of routes, newest first. A page may be empty and yet not the last: go on while there is a cursor"},
    {:events, "/events", {:page, "Event"}, ~w(router peer) ++ @page,
     "What happened to sessions and peers, newest first"},
    {:dead_letters, "/dead_letters", {:page, "DeadLetter"}, ["router" | @page],
     "What could not be decoded, newest first"},
    {:dead_letter, "/dead_letters/{id}", {:object, "KeptOctets"}, [], "One of them, with its octets"},
    {:alerts, "/alerts", {:page, "Alert"}, @page, "Alerts that are open, by subject and rule"},
    {:verdicts, "/verdicts", {:page, "Verdict"}, @page,
     "Why something broke: the last verdict of each subject, newest first"},
    {:map_stream, "/map/stream", :arrow, ["at"],
     "The routing topology and its changes, as an endless Arrow IPC stream, or with `at` as it was: see ServiceRadar.BMPWeb.API.MapStream"},
    {:open_api, "/openapi.json", :any, [], "This description"}
  ]

  @parameters %{
    "prefix" => {"a prefix, or an address with match=longest", %{type: "string"}},
    "match" =>
      {"how `prefix` is compared: itself, the longest prefix that covers an address in each table, all inside it, or all that cover it",
       %{type: "string", enum: ~w(exact longest within covering), default: "exact"}},
    "nlri" => {"an NLRI as text, of families without a bare prefix", %{type: "string"}},
    "router" => {"a router's id, sysName or address", %{type: "string"}},
    "peer" => {"a peer's id or address", %{type: "string"}},
    "view" => {"a RIB view", %{type: "string", enum: Query.views()}},
    "family" => {"such as ipv4-unicast, or AFI-SAFI in numbers", %{type: "string"}},
    "as" => {"an AS number anywhere in the path", %{type: "string"}},
    "origin_as" => {"the AS that originates the route, the last of the path", %{type: "string"}},
    "as_path" =>
      {"a regular expression over the AS path, as on routers: ^3356_174, _64500$; _ is where a number ends",
       %{type: "string"}},
    "next_hop" => {"the address of the next hop", %{type: "string"}},
    "community" =>
      {"65000:1, large 65000:1:2, extended rt:65000:1, or a registered name like no-export", %{type: "string"}},
    "rpki" =>
      {"what RPKI says of the route's origin (RFC 6811). A page may have fewer routes than `limit`, or none, and yet not be the last",
       %{type: "string", enum: ~w(valid invalid not_found)}},
    "at" => {"as it was at this time (RFC 3339); routes by prefix", %{type: "string", format: "date-time"}},
    "from" => {"received at this time or later (RFC 3339)", %{type: "string", format: "date-time"}},
    "until" => {"received at this time or earlier (RFC 3339)", %{type: "string", format: "date-time"}},
    "format" =>
      {"of the answer: json, or csv with a line for the names of the fields, and the cursor of the next page in the header link",
       %{type: "string", enum: ~w(json csv), default: "json"}},
    "state" => {"of peers; trouble is down or stale", %{type: "string", enum: ListQuery.states()}},
    "find" => {"words that are in the address, the AS number, the router's or the table's name", %{type: "string"}},
    "sort" => {"the column that rows come in the order of", %{type: "string", enum: @sorts}},
    "order" => {"asc, or desc: the highest first", %{type: "string", enum: ~w(asc desc)}},
    "limit" => {"most rows of a page", %{type: "integer", minimum: 1, maximum: 1000, default: 100}},
    "cursor" => {"`next` of the page before", %{type: "string"}}
  }

  @by_path for {name, path, _, parameters, _} <- @endpoints,
               do: {String.split(path, "/", trim: true), name, parameters}

  @doc "The endpoint of a path: its name, its parameters, and the id in the path or nil."
  @spec endpoint([String.t()]) :: {:ok, atom, [String.t()], id :: String.t() | nil} | :error
  def endpoint(path) do
    Enum.find_value(@by_path, :error, fn {pattern, name, parameters} ->
      case match(pattern, path, nil) do
        {:ok, id} -> {:ok, name, parameters, id}
        :error -> nil
      end
    end)
  end

  defp match([], [], id), do: {:ok, id}
  defp match(["{id}" | pattern], [id | path], nil), do: match(pattern, path, id)
  defp match([same | pattern], [same | path], id), do: match(pattern, path, id)
  defp match(_, _, _), do: :error

  @doc "The description, with the URL path that the endpoints are under."
  @spec description(base :: String.t()) :: term
  def description(base) do
    {[
       openapi: "3.1.0",
       info: {[title: "ServiceRadar BMP", version: to_string(Application.spec(:serviceradar_bmp, :vsn))]},
       servers: [{[url: base]}],
       paths: {Enum.map(@endpoints, &path/1)},
       components: {[schemas: Schema.components(), parameters: {parameters()}]}
     ]}
  end

  defp path({name, path, answer, parameters, summary}) do
    id = if path =~ "{id}", do: [{[name: "id", in: "path", required: true, schema: {[type: "string"]}]}], else: []
    query = for parameter <- parameters, do: {["$ref": "#/components/parameters/#{parameter}"]}

    {path,
     {[
        get:
          {[
             operationId: name,
             summary: summary,
             parameters: id ++ query,
             responses: {[{"200", response("the answer", type(answer), answer(answer))}, {"default", problem()}]}
           ]}
      ]}}
  end

  defp type(:arrow), do: "application/vnd.apache.arrow.stream"
  defp type(_json), do: "application/json"

  defp answer({:object, kind}), do: Schema.reference(kind)
  defp answer({:list, kind}), do: object(data: {[type: "array", items: Schema.reference(kind)]})

  defp answer({:page, kind}) do
    object(
      data: {[type: "array", items: Schema.reference(kind)]},
      next: {[type: ["string", "null"], description: "cursor of the next page; null where this is the last"]}
    )
  end

  defp answer(:any), do: {[type: "object"]}
  defp answer(:arrow), do: {[type: "string", contentMediaType: type(:arrow)]}

  defp object(properties) do
    {[type: "object", properties: {properties}, required: Keyword.keys(properties), additionalProperties: false]}
  end

  defp problem, do: response("what went wrong", "application/problem+json", Schema.reference("Problem"))
  defp response(what, type, schema), do: {[description: what, content: {[{type, {[schema: schema]}}]}]}

  defp parameters do
    for {name, {meaning, schema}} <- Enum.sort(@parameters),
        do: {name, {[name: name, in: "query", description: meaning, schema: schema]}}
  end
end
