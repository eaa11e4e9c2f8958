import ServiceRadar.BMP.Test.Needs

needs [:packages] do
  defmodule ServiceRadar.BMPWeb.LiveTest do
    # Pages that are open while a router speaks.
    use ExUnit.Case, async: false

    import Phoenix.ConnTest
    import Phoenix.LiveViewTest
    import ServiceRadar.BMP.TestRouter

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Insight, Instance, RoutingTable, Wire}
    alias ServiceRadar.BMPWeb.Host

    @endpoint Host.Endpoint
    @moduletag capture_log: true

    setup context do
      Host.start!()
      station = start_station!(:pages_live, insight: insight(context), names: context[:names] || %{})
      socket = connect!(station)
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up()])
      eventually(fn -> match?({:ok, [%{state: :up}]}, BMP.peers(station)) end)
      {:ok, [peer]} = BMP.peers(station)
      {:ok, [router]} = BMP.routers(station)
      %{conn: build_conn(), station: station, socket: socket, peer: peer, router: router}
    end

    # The configuration of insight, where a test is tagged with it.
    defp insight(%{insight: json, tmp_dir: tmp_dir}) do
      path = Path.join(tmp_dir, "insight.json")
      File.write!(path, json)
      path
    end

    defp insight(_context), do: nil

    defp announce(socket, prefixes, as_path \\ [64_500]) do
      update = Wire.update(attributes: Wire.mandatory(as_path), nlri: prefixes)
      :ok = :gen_tcp.send(socket, Wire.route_monitoring(update))
    end

    defp withdraw(socket, prefixes),
      do: :ok = :gen_tcp.send(socket, Wire.route_monitoring(Wire.update(withdrawn: prefixes)))

    test "how many routes a table held of late is drawn", context do
      %{conn: conn, station: station, socket: socket, peer: peer, router: router} = context
      announce(socket, ["198.51.100.0/24", "203.0.113.0/24"])
      eventually(fn -> match?({:ok, %{routes: 2}}, BMP.counts(station)) end)
      :ok = BMP.Counts.take(station)
      withdraw(socket, ["203.0.113.0/24"])
      eventually(fn -> match?({:ok, %{routes: 1}}, BMP.counts(station)) end)
      :ok = BMP.Counts.take(station)
      assert [%{points: points}] = BMP.Counts.series(station, peer: peer.peer_id)
      assert [2, 1] = points |> Enum.map(&elem(&1, 1)) |> Enum.take(-2)

      for path <- ["/live/peers/#{peer.peer_id}", "/live/routers/#{router.router_id}"] do
        {:ok, view, _} = live(conn, path)
        assert has_element?(view, "svg.plot[aria-label='from 2 to 1, between 1 and 2']")
      end
    end

    test "sessions have their counters, their lag and their last error", context do
      %{conn: conn, station: station, socket: socket, router: router} = context
      {:ok, view, _} = live(conn, "/live/")
      announce(socket, ["198.51.100.0/24"])
      eventually(fn -> match?([%{counters: %{messages: 3}, lag_us: lag}] when lag > 0, BMP.session_health(station)) end)
      assert [%{router: id, node: node}] = BMP.session_health(station)
      assert id == router.router_id and node == node()
      eventually(fn -> has_element?(view, "#sessions td[data-name=Messages]", "3") end)
      assert has_element?(view, "#sessions td[data-name=Undecodable] .dim", "0")
      assert has_element?(view, "#sessions td[data-name=Lag]", " ms")
      assert has_element?(view, "#sessions td[data-name='Last error'] .dim", "none")

      # A Route Monitoring message whose UPDATE is cut short, and an UPDATE with an ORIGIN of two octets.
      :ok = :gen_tcp.send(socket, Wire.route_monitoring(Wire.bgp(2, <<0, 9, 1>>)))
      faulty = Wire.update(attributes: [<<0x40, 1, 2, 0, 0>> | tl(Wire.mandatory())], nlri: ["203.0.113.0/24"])
      :ok = :gen_tcp.send(socket, Wire.route_monitoring(faulty))

      for path <- ["/live/", "/live/routers/#{router.router_id}"] do
        {:ok, view, _} = live(conn, path)
        eventually(fn -> has_element?(view, "#sessions td[data-name=Undecodable] .warn", "1") end)
        eventually(fn -> has_element?(view, "#sessions td[data-name=Faulty] .warn", "1") end)
        eventually(fn -> has_element?(view, "#sessions td[data-name='Last error'] a[href^='/live/frame?letter=']") end)
      end

      # However much of others could not be read since, it is told of each router.
      loud = connect!(station)
      broken = Wire.route_monitoring(Wire.bgp(2, <<0, 9, 1>>))
      :ok = :gen_tcp.send(loud, [Wire.initiation("loud"), Wire.peer_up() | List.duplicate(broken, 1_000)])
      eventually(fn -> Enum.any?(BMP.session_health(station), &(&1.counters.undecodable == 1_000)) end)

      told = fn view ->
        page = view |> element("#sessions") |> render()
        length(String.split(page, "/live/frame?letter=")) - 1
      end

      eventually(fn -> conn |> live("/live/") |> elem(1) |> told.() == 2 end)
      :gen_tcp.close(loud)

      # One that has said nothing yet is told, too.
      silent = connect!(station)
      eventually(fn -> has_element?(view, "#sessions th", "has not said yet") end)
      :gen_tcp.close(silent)
    end

    test "what flaps is on the first page and those of its router and peer, and leads to the prefix's timeline",
         context do
      %{conn: conn, station: station, socket: socket, peer: peer, router: router} = context
      paths = ["/live/", "/live/routers/#{router.router_id}", "/live/peers/#{peer.peer_id}"]
      {:ok, view, _} = live(conn, List.last(paths))
      assert has_element?(view, "#flaps", "No route has changed more than once of late")

      for _ <- 1..3 do
        announce(socket, ["198.51.100.0/24", "203.0.113.0/24"])
        withdraw(socket, ["198.51.100.0/24"])
      end

      eventually(fn -> match?({:ok, [%{withdrawals: 3, changes: 0}]}, BMP.flapping(station)) end)
      timeline = "/live/prefix?prefix=198.51.100.0%2F24"
      row = "#flaps tbody tr:first-child"

      # An open page follows; the others begin with it.
      for view <- [view | for(path <- paths, do: conn |> live(path) |> elem(1))] do
        eventually(fn -> has_element?(view, "#{row} th a[href='#{timeline}']", "198.51.100.0/24") end)
        assert has_element?(view, "#{row} td", "3 times")
        refute has_element?(view, "#flaps", "203.0.113.0")
      end

      assert BMP.flapping(station, peer: peer.peer_id, router: router.router_id) == BMP.flapping(station)
      assert BMP.flapping(station, peer: router.router_id) == {:ok, []}
    end

    test "peers are sorted by a link for each column, and a page has a hundred of them", context do
      %{conn: conn, station: station, socket: socket, router: router} = context

      peers =
        for number <- 2..250,
            do: [address: {10, 0, 0, number}, bgp_id: {10, 0, 0, number}, asn: 65_000 + rem(number * 7, 50)]

      :ok = :gen_tcp.send(socket, Enum.map(peers, &Wire.peer_up/1))
      eventually(fn -> match?({:ok, %{peers: 250}}, BMP.counts(station)) end)
      rows = &(&1 |> render() |> LazyHTML.from_fragment() |> LazyHTML.query("#peers tr"))

      cells = fn view, column ->
        view |> rows.() |> Enum.map(&(&1 |> LazyHTML.query(column) |> LazyHTML.text() |> String.trim()))
      end

      for path <- ["/live/peers", "/live/routers/#{router.router_id}"] do
        {:ok, view, _} = live(conn, path)
        assert Enum.count(rows.(view)) == 100
        view |> element("th a.sort", "AS") |> render_click()
        assert_patch(view, path <> "?sort=as&order=asc")
        assert has_element?(view, "th[aria-sort=ascending] a.sort", "AS")
        view |> element("th a.sort", "AS") |> render_click()
        assert_patch(view, path <> "?sort=as&order=desc")
        assert has_element?(view, "th[aria-sort=descending] a.sort", "AS")

        # Page after page: each peer once, in order. A page that is opened by its address is the same.
        {found, last} =
          Enum.flat_map_reduce(1..3, path, fn page, here ->
            numbers = cells.(view, "[data-name=AS]")

            if page < 3 do
              next = element(view, ".pages a[rel=next]")
              [here] = next |> render() |> LazyHTML.from_fragment() |> LazyHTML.attribute("href")
              render_click(next)
              {numbers, here}
            else
              {numbers, here}
            end
          end)

        assert length(found) == 250
        assert found == Enum.sort_by(found, &String.to_integer/1, :desc)
        refute has_element?(view, ".pages a[rel=next]")
        {:ok, again, _} = live(conn, last)
        assert cells.(again, "th") == cells.(view, "th")
        view |> element(".pages a", "First peers") |> render_click()
        assert_patch(view, path <> "?sort=as&order=desc")
        {:ok, made_up, _} = live(conn, path <> "?sort=as&order=desc&cursor=made-up")
        assert cells.(made_up, "th") == cells.(view, "th")
      end

      {:ok, view, _} = live(conn, "/live/peers?q=10.0.0.1&sort=peer&order=desc")
      assert ["10.0.0.199", "10.0.0.198" | _] = cells.(view, "th")
      # A hundred and eleven of them have it somewhere in their address; the order stays when it is searched.
      assert has_element?(view, "output", "100 on this page, of 111 peers, of 250")
      view |> form("#find-peers", %{"q" => "10.0.0.19"}) |> render_change()
      assert_patch(view, "/live/peers?q=10.0.0.19&sort=peer&order=desc")
      {:ok, first, _} = live(conn, "/live/?sort=routes&order=asc")
      assert has_element?(first, "th[aria-sort=ascending] a.sort", "Routes")
    end

    test "a page that is opened makes the station ready to search", %{conn: conn, station: station, socket: socket} do
      announce(socket, ["198.51.100.0/24"])
      eventually(fn -> match?({:ok, %{routes: 1}}, BMP.counts(station)) end)
      # Each table says whether there was something left to do.
      prepared? = fn ->
        tables = station |> Instance.value(:store) |> Map.values()
        Enum.any?(tables, &RoutingTable.prepare_search/1)
      end

      assert prepared?.()
      refute prepared?.()

      announce(socket, ["203.0.113.0/24"], [64_500, 64_501])
      eventually(fn -> match?({:ok, %{routes: 2}}, BMP.counts(station)) end)
      {:ok, _view, _} = live(conn, "/live/peers")
      # The store has been told, and does it in another process.
      eventually(fn -> match?({_config, nil}, :sys.get_state(Instance.via(station, :store))) end)
      refute prepared?.()
    end

    test "the routes of a search come, change and go", %{conn: conn, socket: socket} do
      {:ok, view, _} = live(conn, "/live/routes?prefix=198.51.100.0/22&match=within")
      assert render_async(view) =~ "There is nothing in 198.51.100.0/22"

      announce(socket, ["198.51.100.0/24", "203.0.113.0/24"])
      eventually(fn -> has_element?(view, "#routes tr.fresh-a th a", "198.51.100.0/24") end)
      refute has_element?(view, "#routes a", "203.0.113.0/24")

      announce(socket, ["198.51.100.0/24"], [64_500, 64_999])
      eventually(fn -> has_element?(view, "#routes tr.fresh-b td.path", "64500 64999") end)
      announce(socket, ["198.51.101.0/24"])
      eventually(fn -> has_element?(view, "#routes tr:nth-child(2) th a", "198.51.101.0/24") end)

      withdraw(socket, ["198.51.100.0/24"])
      eventually(fn -> not has_element?(view, "#routes a", "198.51.100.0/24") end)
      assert has_element?(view, "#routes a", "198.51.101.0/24")
    end

    @tag names: %{rd: %{"65000:2" => "leaf two"}, mac: %{"00:00:5e:00:53:01" => "the printer"}}
    test "EVPN: an address in two places at once, with the names that are configured", %{conn: conn, socket: socket} do
      {:ok, view, _} = live(conn, "/live/evpn")
      assert render_async(view) =~ "No MAC address is announced"

      for leaf <- [1, 2] do
        evpn = <<2, 33, 0::16, 65_000::16, leaf::32, 0::80, 0::32, 48, 0x00005E005301::48, 0, 1_000::24>>
        attributes = Wire.mandatory() ++ [Wire.mp_reach({25, 70}, <<192, 0, 2, leaf>>, evpn)]
        :ok = :gen_tcp.send(socket, Wire.route_monitoring(Wire.update(attributes: attributes)))
      end

      eventually(fn -> has_element?(view, "#macs .state.bad", "in 2 places at once") end)

      for text <- ["the printer", "leaf two", "192.0.2.1", "192.0.2.2"],
          do: assert(has_element?(view, "#macs tr", text))

      view |> form("#find", %{"find" => "leaf two"}) |> render_change()
      assert_patch(view, "/live/evpn?find=leaf+two")
      assert has_element?(view, "#macs tr", "the printer")
      view |> form("#find", %{"find" => "nowhere"}) |> render_change()
      assert render_async(view) =~ "0 shown of 0 found"
      {:ok, view, _} = live(conn, "/live/routes")
      render_async(view)
      assert has_element?(view, "a[href='/live/evpn']")
    end

    @tag :tmp_dir
    @tag insight: ~s({"vrps": [{"prefix": "198.51.100.0/24", "max_length": 24, "asn": 64999}]})
    test "what RPKI says of routes is a column and a filter, where the station has VRPs", %{conn: conn, socket: socket} do
      announce(socket, ["198.51.100.0/24", "203.0.113.0/24"])
      {:ok, view, _} = live(conn, "/live/routes")
      eventually(fn -> has_element?(view, "#routes tr td[data-name=RPKI] .state.bad", "Invalid") end)
      assert has_element?(view, "#routes tr td[data-name=RPKI] .state.dim", "Not found")
      view |> element("form#search") |> render_change(%{"rpki" => "invalid"})
      assert_patch(view, "/live/routes?rpki=invalid")
      eventually(fn -> not has_element?(view, "#routes a", "203.0.113.0/24") end)
      assert has_element?(view, "#routes a", "198.51.100.0/24")
    end

    test "a station without VRPs has no column for them", %{conn: conn, socket: socket} do
      announce(socket, ["198.51.100.0/24"])
      {:ok, view, _} = live(conn, "/live/routes")
      eventually(fn -> has_element?(view, "#routes a", "198.51.100.0/24") end)
      refute has_element?(view, "#search-rpki")
      refute render(view) =~ "RPKI"
    end

    test "a route without a bare prefix is shown and found as text", %{conn: conn, socket: socket} do
      :ok = :gen_tcp.send(socket, Enum.map(Wire.families(), &Wire.route_monitoring/1))
      eventually(fn -> match?({:ok, %{routes: 4}}, BMP.counts(:pages_live)) end)
      text = "[2]:[65000:1]:[0]:[48]:[00:00:5e:00:53:01]"
      {:ok, view, _} = live(conn, "/live/routes?" <> URI.encode_query(nlri: text))
      assert render_async(view) =~ "1 route."
      assert has_element?(view, "#routes th a", text)

      [href] =
        view |> render() |> LazyHTML.from_fragment() |> LazyHTML.query("#routes th a") |> LazyHTML.attribute("href")

      {:ok, route, _} = live(conn, href)
      assert has_element?(route, "h1", text)
    end

    test "the first page tells of changes and counts them", %{conn: conn, socket: socket} do
      {:ok, view, _} = live(conn, "/live")
      announce(socket, ["198.51.100.0/24"])
      eventually(fn -> has_element?(view, "#feed a", "198.51.100.0/24") end)
      eventually(fn -> has_element?(view, ".tile a[href='/live/routes']", "1") end)
      :gen_tcp.send(socket, Wire.peer_down())
      eventually(fn -> has_element?(view, "#feed .change.bad", "Peer down") end)
      eventually(fn -> has_element?(view, ".tile.bad", "1") end)
    end

    test "a station without insight says on the page of alerts how to get it", %{conn: conn} do
      {:ok, view, _} = live(conn, "/live/alerts")
      assert render(view) =~ "This station concludes nothing"
    end

    @tag :tmp_dir
    @tag insight: ~s({"rules": {"router_clock": {"enabled": false}, "peer_down": {"close_after_ms": 0}}})
    test "an alert opens and closes on its page, is acknowledged and muted, by who may", %{
      conn: conn,
      station: station,
      socket: socket
    } do
      {:ok, view, _} = live(conn, "/live/alerts")
      assert render(view) =~ "No alert is open"
      :ok = :gen_tcp.send(socket, Wire.peer_down())
      eventually(fn -> has_element?(view, "tr[id^=alert-] .state.bad", "High") end)
      eventually(fn -> has_element?(view, "section td", "Remote failure") end)

      view |> element("button[phx-click=acknowledge]") |> render_click()
      assert has_element?(view, "button[aria-pressed=true]", "Acknowledged")
      view |> element("form[phx-change=mute]") |> render_change(%{"hours" => "8"})
      assert [%{acknowledged: true, muted: true}] = Insight.alerts(station)
      view |> element("button[phx-click=acknowledge]") |> render_click()
      assert [%{muted: true} = alert] = Insight.alerts(station)
      refute Map.has_key?(alert, :acknowledged)

      # The host decides who may: here nobody.
      {:ok, guarded, _} = live(conn, "/watched/alerts")
      assert guarded |> element("button[phx-click=acknowledge]") |> render_click() =~ "You are not allowed to do that"
      assert [alert] = Insight.alerts(station)
      refute Map.has_key?(alert, :acknowledged)
      guarded |> element("button[phx-click=bmp_pause]") |> render_click()
      refute render(guarded) =~ "You are not allowed"

      :ok = :gen_tcp.send(socket, Wire.peer_up())
      eventually(fn -> render(view) =~ "No alert is open" end, "it is over", 20_000)
    end

    test "another session of the router's name is told in words while it lasts", %{
      conn: conn,
      station: station,
      router: router
    } do
      {:ok, all, _} = live(conn, "/live")
      {:ok, one, _} = live(conn, "/live/routers/#{router.router_id}")
      address = {127, 0, 0, 2}
      {:ok, other} = :gen_tcp.connect({127, 0, 0, 1}, BMP.port(station), [:binary, active: false, ip: address])
      :ok = :gen_tcp.send(other, [Wire.initiation("rtr"), Wire.peer_up()])

      eventually(fn ->
        has_element?(all, "#router-#{router.router_id} .why", "Another session, from 127.0.0.2 port")
      end)

      eventually(fn -> has_element?(one, ".facts dd", "Another session, from 127.0.0.2 port") end)
      :gen_tcp.close(other)
      eventually(fn -> not has_element?(one, ".facts dd", "Another session") end)
    end

    test "a peer goes down and comes up", %{conn: conn, socket: socket, peer: peer} do
      {:ok, one, _} = live(conn, "/live/peers/#{peer.peer_id}")
      {:ok, all, _} = live(conn, "/live/peers?state=up")
      assert has_element?(all, "#peers th a", "10.0.0.1")
      :gen_tcp.send(socket, Wire.peer_down())
      eventually(fn -> has_element?(one, ".banner.bad", "Down") end)
      eventually(fn -> not has_element?(all, "#peers th a", "10.0.0.1") end)
      :gen_tcp.send(socket, Wire.peer_up())
      eventually(fn -> has_element?(one, ".title .state.good", "Up") end)
      eventually(fn -> has_element?(all, "#peers th a", "10.0.0.1") end)
    end

    test "a router is gone", %{conn: conn, socket: socket, router: router} do
      {:ok, view, _} = live(conn, "/live/routers/#{router.router_id}")
      assert has_element?(view, ".title .state.good", "Connected")
      :gen_tcp.close(socket)
      eventually(fn -> has_element?(view, ".title .state.bad", "Disconnected") end)
      eventually(fn -> has_element?(view, "#peers .state.warn", "Stale") end)
    end

    test "a route that is looked at changes, and is withdrawn", %{conn: conn, socket: socket, peer: peer} do
      announce(socket, ["198.51.100.0/24"])
      eventually(fn -> prefixes(:pages_live) == ["198.51.100.0/24"] end)
      path = "/live/route?peer=#{peer.peer_id}&view=adj_rib_in_pre&family=ipv4-unicast&prefix=198.51.100.0/24"
      {:ok, view, _} = live(conn, path)
      assert has_element?(view, "dd .mono", "64500")
      announce(socket, ["198.51.100.0/24"], [64_500, 64_999])
      eventually(fn -> has_element?(view, ".facts.list dd", "64500 64999") end)
      assert has_element?(view, "section[aria-labelledby=seen-title] .change.warn", "Change")
      withdraw(socket, ["198.51.100.0/24"])
      eventually(fn -> has_element?(view, ".banner.bad", "Withdrawn") end)
      assert has_element?(view, ".facts.list dd", "64500 64999")
    end

    test "a paused page stays as it is, counts what it misses, and catches up", %{conn: conn, socket: socket} do
      {:ok, view, _} = live(conn, "/live/routes")
      render_async(view)
      view |> element("button[phx-click=bmp_pause]") |> render_click()
      announce(socket, ["198.51.100.0/24"])
      eventually(fn -> has_element?(view, "button[aria-pressed=true]", "1 changes") end)
      refute has_element?(view, "#routes a", "198.51.100.0/24")
      view |> element("button[phx-click=bmp_pause]") |> render_click()
      eventually(fn -> has_element?(view, "#routes a", "198.51.100.0/24") end)
      assert has_element?(view, "button[aria-pressed=false]", "Pause")
    end

    test "many changes in a moment are one reading of the store", %{conn: conn, socket: socket} do
      {:ok, view, _} = live(conn, "/live/routes")
      render_async(view)
      :erlang.trace(view.pid, true, [:procs])
      for third <- 0..199, do: announce(socket, ["10.0.#{third}.0/24"])
      eventually(fn -> has_element?(view, ".result", "50 on this page, of ") end)
      Process.sleep(600)
      :erlang.trace(view.pid, false, [:procs])
      # One task a reading. 200 messages within a second or so may not be 200 of them.
      assert spawned(0) in 1..8
    end

    defp spawned(count) do
      receive do
        {:trace, _, :spawn, _, _} -> spawned(count + 1)
        {:trace, _, _, _, _} -> spawned(count)
        {:trace, _, _, _} -> spawned(count)
      after
        0 -> count
      end
    end

    test "a station that is not there is said, and nothing crashes", %{conn: conn} do
      for path <- ["", "/peers", "/routes", "/events", "/peers/x", "/routers/x"] do
        {:ok, view, _} = live(conn, "/absent" <> path)
        assert render_async(view) =~ "No station :pages_absent runs"
        assert has_element?(view, ".banner.bad[role=alert]", "The station cannot be read")
      end
    end

    test "a page outlives its station and goes on when it is back", %{conn: conn} do
      {:ok, view, _} = live(conn, "/live/peers")
      assert has_element?(view, "#peers th a", "10.0.0.1")
      stop_supervised!(:pages_live)
      send(view.pid, :bmp_refresh)
      eventually(fn -> has_element?(view, ".banner.bad") end)
      assert has_element?(view, "#peers th a", "10.0.0.1")

      station = start_station!(:pages_live)
      socket = connect!(station)
      :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(address: {10, 0, 0, 2})])
      eventually(fn -> has_element?(view, "#peers th a", "10.0.0.2") end)
      refute has_element?(view, ".banner.bad")
    end
  end
end
