defmodule ServiceRadar.BMPWeb.APITest do
  # The endpoints as functions, of a station that holds the sample: every answer is as the OpenAPI description says.
  use ExUnit.Case, async: false

  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Replay, Wire}
  alias ServiceRadar.BMP.Test.{JSON, Schema}
  alias ServiceRadar.BMPWeb.API
  alias ServiceRadar.BMPWeb.API.{Cursor, Parameters}

  doctest API.JSON
  doctest API.CSV
  doctest Cursor
  doctest Parameters
  doctest ServiceRadar.BMP.ListQuery
  doctest ServiceRadar.BMP.Order

  @moduletag capture_log: true

  setup_all do
    station = start_station!(:api_test)
    {:ok, messages} = Replay.messages(Replay.sample())
    {:ok, _} = Replay.start_link({127, 0, 0, 1}, BMP.port(station), messages, time: 0)
    eventually(fn -> match?({:ok, %{routes: 691}}, BMP.counts(station)) end, "the sample", 6_000)
    %{description: ask("openapi.json") |> elem(1)}
  end

  defp ask(path, params \\ %{}, more \\ %{}) do
    request = %{
      method: "GET",
      path: String.split(path, "/"),
      params: params,
      base: "/api/v1",
      station: :api_test,
      secret: "secret"
    }

    response = API.respond(Map.merge(request, more))
    {response.status, response.body |> IO.iodata_to_binary() |> JSON.decode!()}
  end

  # Asks an endpoint of the description, and holds the answer against its schema.
  defp conforming(description, path, params \\ %{}) do
    template = if path =~ ~r{^peers/}, do: String.replace(path, ~r{^peers/[^/]+}, "peers/{id}"), else: path
    template = String.replace(template, ~r{^routers/.+}, "routers/{id}")
    {status, answer} = ask(path, params)
    key = if status == 200, do: "200", else: "default"

    [{_type, %{"schema" => schema}}] =
      description["paths"]["/" <> template]["get"]["responses"][key]["content"] |> Map.to_list()

    assert Schema.faults(answer, schema, description) == []
    {status, answer}
  end

  test "every endpoint answers as it is described", %{description: description} do
    assert {200, %{"routers" => 1, "peers" => 3, "routes" => 691} = counts} = conforming(description, "counts")
    # What the router originates itself is a peer and no session.
    assert %{"routers_connected" => 1, "sessions" => 2, "sessions_up" => 2} = counts
    assert {200, %{"data" => [router], "next" => nil}} = conforming(description, "routers")
    assert %{"name" => "edge", "sessions" => 2, "peers_up" => 2} = router
    assert {200, ^router} = conforming(description, "routers/" <> router["router_id"])
    assert {200, %{"data" => peers}} = conforming(description, "peers", %{"router" => "edge"})
    assert ["0.0.0.0", "10.255.1.2", "2001:db8:ffff:2::2"] = Enum.map(peers, & &1["address"])

    for peer <- peers do
      assert {200, ^peer} = conforming(description, "peers/" <> peer["peer_id"])
      assert {200, %{"data" => _}} = conforming(description, "peers/#{peer["peer_id"]}/statistics")
    end

    assert {200, %{"data" => [_ | _]}} = conforming(description, "events", %{"router" => "edge"})
    assert {200, %{"openapi" => "3.1.0"}} = conforming(description, "openapi.json")
    assert {200, %{"routes" => 691, "more" => false}} = conforming(description, "routes/count")
    assert {400, %{"errors" => %{"as" => _}}} = conforming(description, "routes/count", %{"as" => "x"})
    assert {200, %{"data" => _}} = conforming(description, "sessions")
    # The memory store keeps no history, and says so.
    assert {501, _} = conforming(description, "history", %{"prefix" => "10.0.0.0/8"})
    assert {501, _} = conforming(description, "changes")
    assert {501, _} = conforming(description, "routes", %{"at" => "2026-11-24T12:00:00Z"})
    assert {404, _} = conforming(description, "peers/none")
  end

  @tag :tmp_dir
  test "alerts and verdicts are as described; a station that concludes nothing says so", %{
    description: description,
    tmp_dir: tmp_dir
  } do
    assert {501, %{"detail" => "This station concludes nothing" <> _}} = conforming(description, "alerts")
    assert {501, _} = conforming(description, "verdicts")

    path = Path.join(tmp_dir, "insight.json")
    File.write!(path, "{}")
    station = start_station!(:api_test_insight, insight: path)
    assert {200, %{"data" => []}} = ask("alerts", %{}, %{station: station})
    socket = connect!(station)
    :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), Wire.peer_down()])

    eventually(fn ->
      match?({200, %{"data" => [_ | _]}}, ask("alerts", %{}, %{station: station})) and
        match?({200, %{"data" => [_ | _]}}, ask("verdicts", %{}, %{station: station}))
    end)

    for {path, schema} <- [{"alerts", "Alert"}, {"verdicts", "Verdict"}] do
      {200, %{"data" => data}} = ask(path, %{}, %{station: station})
      for one <- data, do: assert(Schema.faults(one, description["components"]["schemas"][schema], description) == [])
    end

    {200, %{"data" => alerts}} = ask("alerts", %{}, %{station: station})
    assert %{"severity" => "high", "acknowledged" => false} = alert = Enum.find(alerts, &(&1["rule"] == "peer_down"))
    assert [%{"router" => "rtr", "sequence" => sequence} | _] = alert["evidence"]
    assert is_integer(sequence)
  end

  test "peers and routers come in the order of a column, a page at a time, and are found by words", %{
    description: description
  } do
    {200, %{"data" => all, "next" => nil}} = conforming(description, "peers")

    for {sort, field} <- [{"routes", "routes"}, {"as", "asn"}, {"change", "last_change"}, {"router", "router"}],
        order <- ["asc", "desc"] do
      params = %{"sort" => sort, "order" => order, "limit" => "1"}

      pages =
        Stream.unfold(%{}, fn
          nil ->
            nil

          cursor ->
            {200, %{"data" => [peer], "next" => next}} = conforming(description, "peers", Map.merge(params, cursor))
            {peer, next && %{"cursor" => next}}
        end)

      pages = Enum.to_list(pages)
      assert Enum.sort(pages) == Enum.sort(all)
      values = Enum.map(pages, & &1[field])
      assert values == Enum.sort(values, String.to_atom(order))
    end

    assert {200, %{"data" => [%{"asn" => 65_001}]}} = ask("peers", %{"find" => "AS65001 edge", "state" => "up"})
    {200, %{"next" => cursor}} = ask("peers", %{"limit" => "1"})
    assert {400, %{"errors" => %{"cursor" => _}}} = ask("peers", %{"cursor" => cursor, "sort" => "routes"})
    assert {400, %{"errors" => %{"sort" => "One of router, peer," <> _}}} = ask("peers", %{"sort" => "address"})
    assert {400, %{"errors" => %{"state" => _}}} = ask("peers", %{"state" => "odd"})
    assert {200, %{"data" => [_]}} = conforming(description, "routers", %{"sort" => "address", "order" => "desc"})
  end

  test "what flaps, of all and of a router or a peer", %{description: description} do
    station = start_station!(:api_test_flapping)
    socket = connect!(station)
    announce = Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: ["198.51.100.0/24"]))
    withdraw = Wire.route_monitoring(Wire.update(withdrawn: ["198.51.100.0/24"]))
    :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up() | List.duplicate([announce, withdraw], 3)])
    ask = fn params -> ask("flapping", params, %{station: station}) end
    eventually(fn -> match?({200, %{"data" => [%{"withdrawals" => 3}]}}, ask.(%{})) end)
    {200, %{"data" => [flap]} = all} = ask.(%{})
    assert %{"prefix" => "198.51.100.0/24", "penalty" => penalty} = flap
    assert penalty in 2_900..3_000
    assert Schema.faults(flap, description["components"]["schemas"]["FlappingRoute"], description) == []
    for params <- [%{"router" => "rtr"}, %{"peer" => flap["peer_id"]}], do: assert({200, ^all} = ask.(params))
    assert {400, _} = ask.(%{"router" => "other"})

    # Its session is told with what was counted of it.
    {200, %{"data" => [session]}} = ask("sessions", %{}, %{station: station})
    assert Schema.faults(session, description["components"]["schemas"]["Session"], description) == []
    assert %{"messages" => 8, "undecodable" => 0, "address" => "127.0.0.1", "lag_us" => lag} = session
    assert session["router_id"] == flap["router_id"] and is_integer(lag)
    assert {200, %{"data" => []}} = conforming(description, "flapping")
  end

  test "the looking glass: what each filter finds is what the table holds", %{description: description} do
    {:ok, all, nil} = BMP.routes(:api_test, limit: 10_000)

    for {params, matches} <- [
          {%{"prefix" => "10.16.112.1/32"}, &(to_string(&1.prefix) == "10.16.112.1/32")},
          {%{"prefix" => "10.16.0.0/16", "match" => "within"}, &String.starts_with?(to_string(&1.prefix), "10.16.")},
          {%{"view" => "adj_rib_in_post"}, &(&1.view == :adj_rib_in_post)},
          {%{"as" => "AS64516"}, &(64_516 in &1.as_path)},
          {%{"origin_as" => "64516"}, &(List.last(&1.as_path) == 64_516)},
          {%{"as_path" => "^[0-9]+_65001$"}, &match?([_, 65_001], &1.as_path)},
          {%{"next_hop" => "10.255.1.2"}, &(&1.next_hop == {10, 255, 1, 2})},
          {%{"prefix" => "10.16.112.1/32", "match" => "covering"},
           &(&1.afi == 1 and ServiceRadar.BMP.Prefix.contains?(&1.prefix, {10, 16, 112, 1}))},
          {%{"community" => "blackhole", "family" => "ipv4-unicast"}, &("65535:666" in &1.communities and &1.afi == 1)},
          {%{"peer" => "10.255.1.2"}, &(&1.peer == {10, 255, 1, 2})}
        ] do
      expected = all |> Enum.filter(matches) |> Enum.map(&Base.encode16(&1.nlri, case: :lower)) |> Enum.sort()
      assert expected != []

      assert {200, %{"data" => found, "next" => nil}} =
               conforming(description, "routes", Map.put(params, "limit", "1000"))

      assert {params, found |> Enum.map(& &1["nlri"]) |> Enum.sort()} == {params, expected}
    end
  end

  @tag :tmp_dir
  test "what RPKI says is a field and a filter; a station without VRPs says that it has none", %{
    description: description,
    tmp_dir: tmp_dir
  } do
    assert {400, %{"detail" => "this station has no VRPs" <> _}} = ask("routes", %{"rpki" => "invalid"})
    assert {400, %{"errors" => %{"rpki" => "One of valid, invalid, not_found."}}} = ask("routes", %{"rpki" => "bogus"})
    assert {200, %{"data" => [%{"rpki" => nil}]}} = conforming(description, "routes", %{"limit" => "1"})

    path = Path.join(tmp_dir, "insight.json")
    # Wire.mandatory/0 has the path 64500.
    vrps = [{"192.0.2.0/24", 64_500}, {"198.51.100.0/24", 64_999}]

    vrps =
      Enum.map_join(vrps, ",", fn {prefix, asn} -> ~s({"prefix": "#{prefix}", "max_length": 24, "asn": #{asn}}) end)

    File.write!(path, ~s({"vrps": [#{vrps}]}))
    station = start_station!(:api_test_rpki, insight: path)
    prefixes = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "203.0.114.0/24"]
    update = Wire.update(attributes: Wire.mandatory(), nlri: prefixes)
    :ok = :gen_tcp.send(connect!(station), [Wire.initiation("rtr"), Wire.peer_up(), Wire.route_monitoring(update)])
    eventually(fn -> match?({:ok, %{routes: 4}}, BMP.counts(station)) end)
    by = fn params -> ask("routes", params, %{station: station}) end

    for {says, prefixes} <- [
          {"valid", ["192.0.2.0/24"]},
          {"invalid", ["198.51.100.0/24"]},
          {"not_found", ["203.0.113.0/24", "203.0.114.0/24"]}
        ] do
      assert {200, %{"data" => routes, "next" => nil}} = by.(%{"rpki" => says})
      assert {says, Enum.map(routes, & &1["prefix"])} == {says, prefixes}
      assert Enum.all?(routes, &(&1["rpki"] == says))
    end

    # Page after page, each as long as is asked for, and none left out.
    assert {200, %{"data" => [one], "next" => cursor}} = by.(%{"rpki" => "not_found", "limit" => "1"})
    assert {200, %{"data" => [two]}} = by.(%{"rpki" => "not_found", "limit" => "1", "cursor" => cursor})
    assert ["203.0.113.0/24", "203.0.114.0/24"] = Enum.map([one, two], & &1["prefix"])
  end

  test "pages follow each other by their cursors, and hold each row once" do
    for {path, most} <- [{"routes", 691}, {"peers", 3}, {"events", nil}] do
      {200, %{"data" => all, "next" => nil}} = ask(path, %{"limit" => "1000"})
      if most, do: assert(length(all) == most)
      assert paged(path, max(1, div(length(all), 3)), nil) == all
    end
  end

  defp paged(path, limit, cursor) do
    params = if cursor, do: %{"cursor" => cursor}, else: %{}
    {200, %{"data" => rows, "next" => next}} = ask(path, Map.put(params, "limit", to_string(limit)))
    if next, do: rows ++ paged(path, limit, next), else: rows
  end

  test "routes are exported as CSV, page after page" do
    request = %{method: "GET", path: ["routes"], base: "/api/v1", station: :api_test, secret: "secret"}
    response = API.respond(Map.put(request, :params, %{"format" => "csv", "limit" => "600"}))
    assert {"content-type", "text/csv; charset=utf-8"} = List.keyfind(response.headers, "content-type", 0)
    {"link", link} = List.keyfind(response.headers, "link", 0)
    [_, query] = Regex.run(~r{^</api/v1/routes\?(.*)>; rel="next"$}, link)
    further = API.respond(Map.put(request, :params, URI.decode_query(query)))
    refute List.keymember?(further.headers, "link", 0)

    [[names | first], [names | second]] =
      for %{body: body} <- [response, further], do: body |> IO.iodata_to_binary() |> String.split("\r\n", trim: true)

    assert {length(first), length(second)} == {600, 91}
    assert String.starts_with?(names, "router,router_id,peer,")
    assert Enum.any?(first ++ second, &(&1 =~ "10.16.112.1/32"))
    assert {400, %{"errors" => %{"format" => "One of json, csv."}}} = ask("routes", %{"format" => "xml"})
  end

  test "what cannot be read is said of each parameter", %{description: description} do
    assert {400, %{"errors" => errors}} =
             conforming(description, "routes", %{"as" => "x", "limit" => "0", "asn" => "1"})

    assert errors["as"] =~ "Not an AS number"
    assert errors["limit"] == "A number from 1 to 1000."
    assert errors["asn"] =~ "no such parameter"
    assert {400, %{"errors" => %{"prefix" => "Not UTF-8."}}} = ask("routes", %{"prefix" => <<255>>})
    assert {400, %{"errors" => %{"prefix" => _}}} = ask("history")
    assert {400, %{"errors" => %{"at" => "Not a time of RFC 3339" <> _}}} = ask("routes", %{"at" => "noon"})
    assert {400, %{"errors" => %{"router" => "No router" <> _}}} = ask("routes", %{"router" => "nobody"})
    assert {404, _} = ask("nowhere")
    assert {405, _} = ask("routes", %{}, %{method: "DELETE"})
  end

  test "only a cursor that the endpoint itself gave is taken" do
    forged = Base.url_encode64(<<0::128>> <> :erlang.term_to_binary({0, "00"}), padding: false)
    of_another = Cursor.write({0, nil}, "secret", "events")

    for cursor <- ["", "x", forged, of_another],
        do: assert({400, %{"errors" => %{"cursor" => _}}} = ask("routes", %{"cursor" => cursor}))
  end

  test "a station that does not run is said, not raised" do
    assert {503, %{"detail" => "The station does not run."}} = ask("counts", %{}, %{station: :nobody})
  end
end
