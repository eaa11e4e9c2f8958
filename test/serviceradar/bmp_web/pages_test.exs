import ServiceRadar.BMP.Test.Needs

needs [:packages] do
  defmodule ServiceRadar.BMPWeb.PagesTest do
    # The pages over a station that was told, over TCP, what a live router said (priv/sample). What they ought to show is
    # the router's own account of its tables.
    use ExUnit.Case, async: false

    import Phoenix.ConnTest
    import Phoenix.LiveViewTest
    import ServiceRadar.BMP.TestRouter, only: [eventually: 2]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Prefix, Replay}
    alias ServiceRadar.BMPWeb.Host

    @endpoint Host.Endpoint
    @station :pages_sample

    setup_all do
      Host.start!()
      start_supervised!({BMP, name: @station, port: 0, ip: "127.0.0.1"})
      {:ok, messages} = Replay.messages(Replay.sample())
      {:ok, _} = Replay.start_link({127, 0, 0, 1}, BMP.port(@station), messages, time: 0)

      # The router's fault lines (FRR 8.4) are rows that BMP did not tell of, or told otherwise.
      table =
        "priv/sample/frr-pair.routes.json.gz"
        |> File.read!()
        |> :zlib.gunzip()
        |> String.split("\n", trim: true)
        |> Enum.map(&Jason.decode!/1)

      sound = Enum.filter(table, &(&1["fault"] == nil))
      eventually(fn -> sound_routes_held?(sound) end, "the sample's table")
      %{sound: sound, faulty: MapSet.new(table -- sound, &key/1)}
    end

    setup do
      %{conn: build_conn()}
    end

    defp sound_routes_held?(sound) do
      {:ok, routes, nil} = BMP.routes(@station, limit: 10_000)

      held =
        MapSet.new(routes, &{Atom.to_string(&1.view), "#{:inet.ntoa(&1.peer)}", to_string(&1.prefix), &1.as_path_text})

      Enum.all?(sound, &MapSet.member?(held, {&1["view"], &1["peer"], &1["prefix"], &1["as_path_text"]}))
    end

    defp key(row), do: {row["view"], row["peer"], row["prefix"]}

    # Opens the search and follows the pages to the end; the routes shown, by key.
    defp search(conn, params, rows \\ MapSet.new()) do
      {:ok, view, _html} = live(conn, "/sample/routes?" <> URI.encode_query([{"limit", "250"} | params]))
      html = render_async(view)
      rows = html |> routes() |> MapSet.new() |> MapSet.union(rows)

      case html |> LazyHTML.from_fragment() |> LazyHTML.query(".pages a[rel=next]") |> LazyHTML.attribute("href") do
        [] -> rows
        [href] -> search(conn, href |> URI.parse() |> Map.fetch!(:query) |> URI.query_decoder() |> Enum.to_list(), rows)
      end
    end

    defp routes(html) do
      for row <- html |> LazyHTML.from_fragment() |> LazyHTML.query("#routes tr") do
        [href] = row |> LazyHTML.query("th a") |> LazyHTML.attribute("href")
        query = href |> URI.parse() |> Map.fetch!(:query) |> URI.decode_query()
        peer = row |> LazyHTML.query("td a[href*='/peers/']") |> LazyHTML.text()
        # What the router originates itself is in the table as of 0.0.0.0.
        {query["view"], if(peer == "own routes", do: "0.0.0.0", else: peer), query["prefix"]}
      end
    end

    defp expected(sound, wanted?), do: for(row <- sound, wanted?.(row), into: MapSet.new(), do: key(row))

    defp in_prefix?(row, prefix) do
      own = Prefix.new!(row["prefix"])
      outer = Prefix.new!(prefix)
      own.length >= outer.length and Prefix.contains?(outer, own.address)
    end

    @searches [
      {"exact prefix", [prefix: "10.16.4.0/24"], quote(do: &(&1["prefix"] == "10.16.4.0/24"))},
      {"more specifics", [prefix: "2001:db8::/34", match: "within"], quote(do: &in_prefix?(&1, "2001:db8::/34"))},
      {"less specifics", [prefix: "10.16.8.200/32", match: "covering"],
       quote(do: &in_prefix?(%{"prefix" => "10.16.8.200/32"}, &1["prefix"]))},
      {"regular expression over the AS path", [as_path: "_64511$"], quote(do: &(List.last(&1["as_path"]) == 64_511))},
      {"origin AS", [origin_as: "AS64511"], quote(do: &(List.last(&1["as_path"]) == 64_511))},
      {"longest match", [prefix: "10.16.8.200", match: "longest"], quote(do: &(&1["prefix"] == "10.16.8.128/25"))},
      {"longest match down to the default", [prefix: "100.64.9.9", match: "longest"],
       quote(do: &(&1["prefix"] == "0.0.0.0/0"))},
      {"peer", [peer: "10.255.1.2"], quote(do: &(&1["peer"] == "10.255.1.2"))},
      {"AS in path", [as: "64511"], quote(do: &(64_511 in &1["as_path"]))},
      {"community", [community: "64501:1003"], quote(do: &("64501:1003" in &1["communities"]))},
      {"community by name", [community: "blackhole"], quote(do: &("65535:666" in &1["communities"]))},
      {"large community", [community: "4200000000:4:1"], quote(do: &("4200000000:4:1" in &1["large_communities"]))},
      {"view and family", [view: "adj_rib_in_post", family: "ipv6-unicast"],
       quote(do: &(&1["view"] == "adj_rib_in_post" and &1["afi"] == 2))},
      {"router and AS", [router: "edge", as: "AS64504"], quote(do: &(64_504 in &1["as_path"]))},
      {"everything", [], quote(do: fn _ -> true end)}
    ]

    for {name, params, wanted?} <- @searches do
      test "search by #{name} shows what the router's own table has", %{conn: conn, sound: sound, faulty: faulty} do
        expected = expected(sound, unquote(wanted?))
        assert MapSet.size(expected) > 0
        params = for {field, value} <- unquote(params), do: {Atom.to_string(field), value}
        shown = search(conn, params)
        assert MapSet.difference(shown, faulty) == MapSet.difference(expected, faulty)
      end
    end

    test "what was there before is not known to a store without history, and that is said", %{conn: conn} do
      {:ok, view, _} = live(conn, "/sample/routes?at=2026-11-24T12%3A00")
      assert has_element?(view, "#search-at[value='2026-11-24T12:00:00']")
      assert render_async(view) =~ "keeps no history"
      {:ok, view, _} = live(conn, "/sample/prefix?prefix=10.16.4.0%2F24")
      render_async(view)
      assert has_element?(view, ".empty", "keeps no history")
      # What is no text, or none at all, is not asked, and is no fault.
      for none <- ["prefix[]=x", "prefix=", ""] do
        {:ok, view, _} = live(conn, "/sample/prefix?" <> none)
        assert has_element?(view, "#timeline") and not has_element?(view, "#timeline-wrong")
      end
    end

    test "the query lives in the URL, and the form shows it", %{conn: conn} do
      {:ok, view, _} = live(conn, "/sample/routes")

      view
      |> form("#search", %{"prefix" => "10.16.4.0/23", "match" => "within", "as" => "64504", "view" => "adj_rib_in_pre"})
      |> render_change()

      assert_patch(view, "/sample/routes?prefix=10.16.4.0%2F23&match=within&view=adj_rib_in_pre&as=64504")
      assert routes(render_async(view)) != []

      {:ok, view, _} = live(conn, "/sample/routes?prefix=10.16.4.0%2F23&match=within&view=adj_rib_in_pre&as=64504")
      assert has_element?(view, "#search-prefix[value='10.16.4.0/23']")
      assert has_element?(view, "input[name=match][value=within][checked]")
      assert has_element?(view, "#search-view option[selected][value=adj_rib_in_pre]")
      assert has_element?(view, "#search-as[value='64504']")
      assert view |> element(".actions a", "Clear") |> render_click()
      assert_patch(view, "/sample/routes")
    end

    test "pages follow one another by cursor, without gap or repetition", %{conn: conn} do
      {:ok, view, _} = live(conn, "/sample/routes?limit=25&as=65001&view=adj_rib_in_pre")
      first = routes(render_async(view))
      assert length(first) == 25
      view |> element(".pages a", "Next routes") |> render_click()
      second = routes(render_async(view))
      assert length(second) == 25
      assert MapSet.disjoint?(MapSet.new(first), MapSet.new(second))
      view |> element(".pages a", "First routes") |> render_click()
      assert routes(render_async(view)) == first

      {:ok, view, _} = live(conn, "/sample/routes?limit=25&as=65001&view=adj_rib_in_pre&cursor=made-up")
      assert routes(render_async(view)) == first
      assert has_element?(view, ".result .note", "no longer known")
    end

    test "what cannot be read is said at its field, and the last answer stays", %{conn: conn} do
      {:ok, view, _} = live(conn, "/sample/routes?prefix=10.16.4.0/24")
      before = routes(render_async(view))
      html = view |> form("#search", %{"prefix" => "10.16.4.0/64", "as" => "none"}) |> render_change()
      assert has_element?(view, "#search-prefix[aria-invalid=true][aria-describedby=search-prefix-message]")
      assert has_element?(view, "#search-prefix-message[role=alert]", "The length of an IPv4 prefix")
      assert has_element?(view, "#search-as-message", "Not an AS number")
      assert routes(html) == before

      {:ok, view, _} = live(conn, "/sample/routes?as=none")
      assert has_element?(view, "#search-as-message", "Not an AS number")
    end

    test "nothing found offers what was probably meant", %{conn: conn} do
      {:ok, view, _} = live(conn, "/sample/routes?prefix=10.16.8.200")
      assert render_async(view) =~ "There is no route for exactly 10.16.8.200"
      view |> element(".empty a", "longest match") |> render_click()
      assert routes(render_async(view)) != []
      assert {:error, _} = BMP.routes(@station, prefix: "x")
    end

    test "the first page counts, and leads to its routers", %{conn: conn} do
      {:ok, view, html} = live(conn, "/sample")
      {:ok, counts} = BMP.counts(@station)
      assert html =~ ServiceRadar.BMPWeb.Format.count(counts.routes)
      assert has_element?(view, "th a", "edge")
      assert has_element?(view, ".state.good", "Connected")
      {:ok, router, _} = view |> element("tr[id^=router-] th a", "edge") |> render_click() |> follow_redirect(conn)
      assert has_element?(router, "h1", "edge")
      assert has_element?(router, "#peers th a", "10.255.1.2")
      assert has_element?(router, "dd", "FRR")
    end

    test "peers are found by words and by state", %{conn: conn} do
      {:ok, view, html} = live(conn, "/sample/peers")
      assert html =~ "10.255.1.2" and html =~ "2001:db8:ffff:2::2"
      view |> form("#find-peers", %{"q" => "AS65001 edge", "state" => "up"}) |> render_change()
      assert_patch(view, "/sample/peers?q=AS65001+edge&state=up")
      assert has_element?(view, "#peers th a", "10.255.1.2")
      refute has_element?(view, "#peers th a", "2001:db8:ffff:2::2")
      view |> form("#find-peers", %{"q" => "nobody"}) |> render_change()
      assert has_element?(view, ".empty", "No peer is like that")
    end

    test "a peer's page has its session, capabilities and tables", %{conn: conn, sound: sound, faulty: faulty} do
      {:ok, peers} = BMP.peers(@station)
      peer = Enum.find(peers, &(&1.address == {10, 255, 1, 2}))
      {:ok, view, _} = live(conn, "/sample/peers/#{peer.peer_id}")
      assert has_element?(view, "h1", "10.255.1.2")
      assert has_element?(view, ".state.good", "Up")
      assert has_element?(view, "tbody th", "Multiprotocol")
      assert has_element?(view, ".chip", "IPv6 unicast")
      assert has_element?(view, "#events .change.bad", "Peer down")
      assert has_element?(view, "#events .change.good", "Peer up")
      assert has_element?(view, "#statistics th", "type 65531")
      assert has_element?(view, "#statistics svg[role=img] polyline")
      assert view |> element(".chip", "7d") |> render_click() =~ "type 65531"
      assert_patch(view, "/sample/peers/#{peer.peer_id}?span=7d")

      link = element(view, "#rib-adj_rib_in_pre-ipv6-unicast a")
      {:ok, routes, _} = link |> render_click() |> follow_redirect(conn)
      shown = MapSet.new(routes(render_async(routes)))
      wanted = expected(sound, &(&1["peer"] == "10.255.1.2" and &1["view"] == "adj_rib_in_pre" and &1["afi"] == 2))
      assert MapSet.size(shown) > 0
      assert MapSet.subset?(MapSet.difference(shown, faulty), wanted)

      {:ok, view, _} = live(conn, "/sample/peers/11111111-1111-5111-8111-111111111111")
      assert has_element?(view, ".empty", "does not know this peer")
    end

    test "a route's page has every attribute, and the other tables' routes", %{conn: conn, sound: sound} do
      row =
        Enum.find(
          sound,
          &(&1["prefix"] == "10.16.3.0/24" and &1["peer"] == "10.255.1.2" and &1["view"] == "adj_rib_in_pre")
        )

      {:ok, view, _} = live(conn, "/sample/routes?prefix=10.16.3.0/24&peer=10.255.1.2&view=adj_rib_in_pre")
      render_async(view)
      {:ok, route, _} = view |> element("#routes th a") |> render_click() |> follow_redirect(conn)
      facts = route |> element(".facts.list") |> render()

      for text <- [row["as_path_text"], row["next_hop"], String.upcase(row["origin"]) | row["communities"]] do
        assert facts =~ text
      end

      for community <- row["large_communities"], do: assert(facts =~ community)
      others = sound |> expected(&(&1["prefix"] == "10.16.3.0/24")) |> MapSet.size()
      section = route |> element("section[aria-labelledby=others-title]") |> render() |> LazyHTML.from_fragment()
      assert section |> LazyHTML.query("tbody tr") |> Enum.count() == others - 1
      assert section |> LazyHTML.query(".differs") |> Enum.count() > 0
    end

    test "events of all routers, newest first", %{conn: conn} do
      {:ok, view, _} = live(conn, "/sample/events")
      rows = view |> render() |> LazyHTML.from_fragment() |> LazyHTML.query("#events tr") |> Enum.map(&LazyHTML.text/1)
      # As priv/sample/README.md counts them.
      assert Enum.count(rows, &(&1 =~ "Peer up")) == 5
      # FRR tells a loss up to four times: that is one row.
      down = Enum.filter(rows, &(&1 =~ "Peer down"))
      assert length(down) == 3
      times = for row <- down, do: with([_, times] <- Regex.run(~r/told (\d) times/, row), do: times, else: (_ -> "1"))
      assert times |> Enum.map(&String.to_integer/1) |> Enum.sum() == 8
      assert List.last(rows) =~ "Session start"
      assert Enum.any?(rows, &(&1 =~ "End of RIB" and &1 =~ "IPv6 unicast"))
    end

    test "events are filtered by kind, in the URL", %{conn: conn} do
      {:ok, view, _} = live(conn, "/sample/events")
      view |> form("#find-events", %{"kind" => "peer_up"}) |> render_change()
      assert_patch(view, "/sample/events?kind=peer_up")
      rows = view |> render() |> LazyHTML.from_fragment() |> LazyHTML.query("#events tr") |> Enum.map(&LazyHTML.text/1)
      assert length(rows) == 5
      assert Enum.all?(rows, &(&1 =~ "Peer up"))
      view |> form("#find-events", %{"kind" => "gap"}) |> render_change()
      assert has_element?(view, ".empty", "None of the latest events")
    end

    test "what a router originates itself is no peer, and is called what it is", %{conn: conn} do
      {:ok, view, _} = live(conn, "/sample")

      assert view |> element(".tile:nth-of-type(2)") |> render() |> LazyHTML.from_fragment() |> LazyHTML.text() =~
               ~r/2\s*of 2/

      refute view |> element("#feed") |> render() =~ "End of RIB"
      {:ok, view, _} = live(conn, "/sample/peers")
      assert has_element?(view, "#peers th", "own routes")
      refute has_element?(view, "#peers", "0.0.0.0")
    end

    test "the router's own AS in front of a path is pointed out, and registered communities have their names", %{
      conn: conn
    } do
      {:ok, view, _} = live(conn, "/sample/routes?prefix=10.16.8.128/25&view=adj_rib_in_pre&peer=10.255.1.2")
      assert render_async(view) =~ "blackhole"
      assert has_element?(view, "#routes .communities small[title=Large]", "4200000000:8:1")
      {:ok, route, _} = view |> element("#routes th a") |> render_click() |> follow_redirect(conn)
      assert route |> element(".facts.list") |> render() =~ "AS65000 in front is the router"
    end

    test "a page of many says how many there are in all, where that is counted", %{conn: conn} do
      {:ok, view, _} = live(conn, "/sample/routes?peer=10.255.1.2&view=adj_rib_in_pre&limit=25")
      {:ok, peers} = BMP.peers(@station)

      ribs =
        for %{address: {10, 255, 1, 2}, ribs: ribs} <- peers, %{view: :adj_rib_in_pre} = rib <- ribs, do: rib.routes

      render_async(view)
      assert has_element?(view, ".result", "25 on this page, of #{Enum.sum(ribs)} routes")
      # What is asked of attributes is counted, too.
      {:ok, through, nil} = BMP.routes(@station, as: 65_001, limit: 10_000)
      {:ok, view, _} = live(conn, "/sample/routes?as=65001&limit=25")
      render_async(view)
      assert has_element?(view, ".result", "25 on this page, of #{length(through)} routes")
      assert BMP.count_routes(@station, [as: 65_001], 20) == {:ok, {:more_than, 20}}
    end

    test "a search is exported as it is", %{conn: conn} do
      {:ok, view, _} = live(conn, "/sample/routes?prefix=10.16.8.128/25&match=exact")
      render_async(view)

      [csv, json] =
        view |> render() |> LazyHTML.from_fragment() |> LazyHTML.query(".result a") |> LazyHTML.attribute("href")

      assert %{"data" => [_, _, _, _], "next" => nil} = json_response(get(conn, json), 200)
      assert get(conn, csv).resp_body =~ "10.16.8.128/25"
    end

    test "the map has its place, or says what is missing", %{conn: conn} do
      {:ok, view, _} = live(conn, "/sample/map")
      assert has_element?(view, "h1", "Map")

      assert has_element?(view, "#god-view[data-src='/sample/api/v1/map/stream']") or
               has_element?(view, ".empty", "not built")
    end

    test "addresses that lead nowhere say so", %{conn: conn} do
      {:ok, _, html} = live(conn, "/sample/route?peer=x")
      assert html =~ "This is not the address of a route"

      path =
        "/sample/route?peer=11111111-1111-5111-8111-111111111111&view=loc_rib&family=ipv4-unicast&prefix=10.16.3.0/24"

      {:ok, _, html} = live(conn, path)
      assert html =~ "This route is not in the table"
      {:ok, _, html} = live(conn, "/sample/routers/11111111-1111-5111-8111-111111111111")
      assert html =~ "does not know this router"
    end

    test "every page has one heading, named columns and labelled fields", %{conn: conn} do
      {:ok, [router]} = BMP.routers(@station)
      {:ok, [peer | _]} = BMP.peers(@station)

      for path <- ["", "/peers", "/routes", "/events", "/routers/#{router.router_id}", "/peers/#{peer.peer_id}"] do
        {:ok, view, _} = live(conn, "/sample" <> path)
        render_async(view)
        page = view |> render() |> LazyHTML.from_fragment()
        assert page |> LazyHTML.query("h1") |> Enum.count() == 1, path
        assert page |> LazyHTML.query("table:not(:has(caption))") |> Enum.count() == 0, path
        assert page |> LazyHTML.query("thead th:not([scope])") |> Enum.count() == 0, path
        assert page |> LazyHTML.query("nav[aria-label] a[aria-current=page]") |> Enum.count() == 1, path

        for field <- LazyHTML.query(page, "input[id], select[id]") do
          [id] = LazyHTML.attribute(field, "id")
          assert page |> LazyHTML.query("label[for=#{id}]") |> Enum.count() == 1, id
        end
      end
    end
  end
end
