import ServiceRadar.BMP.Test.Needs

needs [:packages, :postgres] do
  defmodule ServiceRadar.BMPWeb.PostgresPagesTest do
    # The same pages over the store that keeps history.
    use ExUnit.Case, async: false
    @moduletag :clock

    import Phoenix.ConnTest
    import Phoenix.LiveViewTest
    import ServiceRadar.BMP.TestRouter

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.Test.Postgres, as: Server
    alias ServiceRadar.BMP.Test.{Schema, Servers}
    alias ServiceRadar.BMP.Wire
    alias ServiceRadar.BMPWeb.{Host, Paths}

    @endpoint Host.Endpoint
    @moduletag capture_log: true
    @moduletag timeout: 120_000

    setup do
      server = Servers.postgres!()
      Host.start!()
      station = start_station!(:pages_live, store: {BMP.Store.Postgres, url: Server.url(server)})
      socket = connect!(station)
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up()])
      ready(fn -> match?({:ok, [%{state: :up}]}, BMP.peers(station)) end)
      on_exit(fn -> :gen_tcp.close(socket) end)
      %{conn: build_conn(), station: station, socket: socket}
    end

    # A database on a busy machine takes its time.
    defp ready(condition), do: eventually(condition, "it", 3_000)

    defp tell(socket, parts), do: :ok = :gen_tcp.send(socket, Wire.route_monitoring(Wire.update(parts)))

    test "routes are searched, followed, and have a history", %{conn: conn, station: station, socket: socket} do
      {:ok, view, _} = live(conn, "/live/routes?prefix=198.51.100.9&match=longest")
      assert render_async(view, 5_000) =~ "No prefix covers 198.51.100.9"

      tell(socket, attributes: Wire.mandatory(), nlri: ["198.51.100.0/24", "203.0.113.0/24"])
      ready(fn -> has_element?(view, "#routes th a", "198.51.100.0/24") end)
      tell(socket, attributes: Wire.mandatory([64_500, 64_999]), nlri: ["198.51.100.0/24"])
      ready(fn -> has_element?(view, "#routes td.path", "64500 64999") end)

      # What matches is counted in the database, no further than it is asked for.
      assert BMP.count_routes(station, origin_as: 64_999) == {:ok, 1}
      assert BMP.count_routes(station, as: 64_500, within: "0.0.0.0/0") == {:ok, 2}
      assert BMP.count_routes(station, [as: 64_500], 1) == {:ok, {:more_than, 1}}

      {:ok, route, _} = view |> element("#routes th a") |> render_click() |> follow_redirect(conn)
      history = "section[aria-labelledby=history-title]"
      assert has_element?(route, history <> " .change.good", "Announce")
      assert has_element?(route, history <> " .change.warn", "Change")
      refute has_element?(route, history, "203.0.113.0")

      # Peer Down ends the route; history has it as what that implied.
      :gen_tcp.send(socket, Wire.peer_down())
      ready(fn -> has_element?(route, ".banner.bad", "Withdrawn") end)
      ready(fn -> has_element?(route, history <> " .change.bad", "Withdraw") end)

      {:ok, [peer]} = BMP.peers(station)
      {:ok, page, _} = live(conn, "/live/peers/#{peer.peer_id}")
      assert has_element?(page, ".banner.bad", "Down")
      assert has_element?(page, "tbody th", "4-octet AS number")
      assert has_element?(page, "#events .change.bad", "Peer down")
      # Before its server, which ends with this process.
      :ok = stop_supervised(station)
    end

    test "the history endpoints answer as they are described, and a change says what is different", context do
      %{conn: conn, station: station, socket: socket} = context
      description = conn |> get("/live/api/v1/openapi.json") |> json_response(200)

      ask = fn path, params ->
        answer = conn |> get("/live/api/v1/" <> path, params) |> json_response(200)
        schema = description["paths"]["/" <> path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert Schema.faults(answer, schema, description) == []
        answer
      end

      tell(socket, attributes: Wire.mandatory(), nlri: ["198.51.100.0/24", "203.0.113.0/24"])
      ready(fn -> length(ask.("routes", %{})["data"]) == 2 end)
      before = DateTime.to_iso8601(DateTime.utc_now())
      med = Wire.attribute(0x80, 4, <<7::32>>)
      tell(socket, attributes: Wire.mandatory() ++ [med], nlri: ["198.51.100.0/24"])
      tell(socket, withdrawn: ["203.0.113.0/24"])
      ready(fn -> length(ask.("routes", %{})["data"]) == 1 end)

      history = ask.("history", %{"prefix" => "198.51.100.0/24"})
      assert [%{"change" => "change", "med" => 7}, %{"change" => "announce", "med" => nil}] = history["data"]
      assert history["next"] == nil

      assert %{"data" => [%{"prefix" => "203.0.113.0/24", "change" => "withdraw"}], "next" => nil} =
               ask.("changes", %{"prefix" => "203.0.113.0/24", "from" => before})

      assert [_, _] = ask.("routes", %{"at" => before, "prefix" => "192.0.0.0/3", "match" => "within"})["data"]
      assert [_ | _] = ask.("events", %{"router" => "rtr"})["data"]

      # Page by page it is the same.
      assert %{"data" => [first], "next" => next} = ask.("changes", %{"limit" => "1"})
      assert %{"data" => [second | _]} = ask.("changes", %{"limit" => "100", "cursor" => next})
      refute first == second

      # The looking glass shows what was there then, of which one is not there now.
      {:ok, page, _} = live(conn, Paths.routes("/live", at: before))
      html = render_async(page)
      assert html =~ "198.51.100.0/24" and html =~ "203.0.113.0/24"
      {:ok, page, _} = live(conn, "/live/routes")
      refute render_async(page) =~ "203.0.113.0/24"

      # The prefix through time: what was there, what changed, and what was there at a moment.
      {:ok, page, _} = live(conn, Paths.prefix("/live", "203.0.113.0/24", "1h"))
      render_async(page)
      assert has_element?(page, ".timeline li", "rtr")
      assert has_element?(page, ".timeline rect title", "64500")
      assert has_element?(page, "#changes .change.bad", "Withdraw")
      page |> form("#moment", %{"moment" => "0"}) |> render_change()
      assert has_element?(page, "#then td", "rtr")
      page |> form("#moment", %{"moment" => "1"}) |> render_change()
      assert has_element?(page, "#then td", "No table had it")
      page |> element("#moment button", "Play") |> render_click()
      assert has_element?(page, "#then td", "rtr")

      ready(fn ->
        has_element?(page, "#then td", "No table had it") and has_element?(page, "#moment button", "Play")
      end)

      {:ok, page, _} = live(conn, Paths.prefix("/live", "198.51.100.0/24"))
      render_async(page)
      assert has_element?(page, "#changes td small", "MED none → 7")
      page |> form("#timeline", %{"prefix" => "nonsense", "span" => "7d"}) |> render_submit()
      assert has_element?(page, "#timeline-wrong", "Not an IPv4 or IPv6 prefix")

      {:ok, [route], _} = BMP.routes(station, prefix: "198.51.100.0/24")
      {:ok, page, _} = live(conn, Paths.route("/live", route))
      assert has_element?(page, "section[aria-labelledby=history-title] td small", "MED none → 7")
      :ok = stop_supervised(station)
    end
  end
end
