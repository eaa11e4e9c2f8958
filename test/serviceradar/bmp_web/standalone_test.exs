import ServiceRadar.BMP.Test.Needs

needs [:packages] do
  defmodule ServiceRadar.BMPWeb.StandaloneTest do
    # The pages on a port of their own, asked over HTTP, and used in a browser.
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Replay, Wire}
    alias ServiceRadar.BMPWeb.{Browser, Paths, Standalone}

    @moduletag capture_log: true

    @no_browser if Browser.executable() == nil, do: "chromium is not installed"

    defp get(path) do
      url = String.to_charlist(Standalone.url() <> path)
      {:ok, {{_, status, _}, headers, body}} = :httpc.request(:get, {url, []}, [], body_format: :binary)
      {status, Map.new(headers, fn {name, value} -> {to_string(name), to_string(value)} end), body}
    end

    test "listens where it is told, and says what is wrong with its options" do
      start_supervised!({Standalone, port: 0})
      assert "http://localhost:" <> port = Standalone.url()
      assert {:error, :econnrefused} = :gen_tcp.connect({127, 0, 0, 2}, String.to_integer(port), [])
      assert {200, headers, html} = get("/")
      assert headers["content-security-policy"] =~ "default-src 'none'"
      assert headers["x-content-type-options"] == "nosniff"
      # The policy lets nothing inline through.
      refute html =~ ~r/<script(?![^>]*\ssrc=)/
      refute html =~ ~r/\sstyle=/
      refute html =~ ~r{(src|href)="(https?:)?//}
      assert {404, _, missing} = get("/nowhere")
      [_, style] = Regex.run(~r/rel="stylesheet" href="([^"]+)"/, missing)
      assert {200, %{"content-type" => "text/css" <> _}, _} = get(style)

      assert {:error, %ArgumentError{message: "option :ip is an address" <> _}} = Standalone.start_link(ip: "here")
      assert {:error, %ArgumentError{message: "option :port" <> _}} = Standalone.start_link(port: -1)
      assert {:error, %ArgumentError{message: "unknown option :prot"}} = Standalone.start_link(prot: 1)

      assert {:error, %ArgumentError{message: "option :secret_key_base" <> _}} =
               Standalone.start_link(secret_key_base: "x")
    end

    test "pages of other sites do not get its WebSocket" do
      start_supervised!({Standalone, port: 0})

      assert upgrade("https://evil.example") =~ "HTTP/1.1 403"
      assert upgrade(Standalone.url()) =~ "HTTP/1.1 101"
    end

    test "on a loopback address it answers to its own names only" do
      start_supervised!({Standalone, port: 0, host: "bmp.example"})
      for host <- ["localhost", "127.0.0.1", "bmp.example"], do: assert(ask("/", host) =~ "HTTP/1.1 200")
      answer = ask("/", "rebound.example")
      assert answer =~ "HTTP/1.1 421"
      refute answer =~ "ServiceRadar"
    end

    defp upgrade(origin) do
      ask("/live/websocket?vsn=2.0.0", "localhost", """
      origin: #{origin}\r
      connection: Upgrade\r
      upgrade: websocket\r
      sec-websocket-version: 13\r
      sec-websocket-key: #{Base.encode64(:crypto.strong_rand_bytes(16))}\r
      """)
    end

    defp ask(path, host, headers \\ "") do
      port = URI.parse(Standalone.url()).port
      {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary, active: false])
      :ok = :gen_tcp.send(socket, "GET #{path} HTTP/1.1\r\nhost: #{host}:#{port}\r\n#{headers}\r\n")
      {:ok, answer} = :gen_tcp.recv(socket, 0, 5_000)
      :gen_tcp.close(socket)
      answer
    end

    @tag skip: @no_browser
    @tag timeout: 120_000
    test "in a browser: the pages connect, follow changes, are searched and led through" do
      station = start_station!(ServiceRadar.BMP)
      start_supervised!({Standalone, port: 0})
      socket = connect!(station)
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up()])
      announce(socket, ["198.51.100.0/24"])
      eventually(fn -> match?({:ok, %{routes: 1}}, BMP.counts()) end)

      browser = start_supervised!(Browser)
      Browser.open(browser, Standalone.url() <> "/", "document.querySelector('[data-phx-main].phx-connected')")
      assert Browser.evaluate(browser, "document.title") == "Routers · ServiceRadar BMP"
      assert Browser.evaluate(browser, "getComputedStyle(document.querySelector('.when-on')).display") == "inline"
      assert Browser.evaluate(browser, "document.querySelector('.tiles a[href=\"/routes\"]').innerText") == "1"

      # A change is there without anybody asking for it.
      announce(socket, ["203.0.113.0/24"])
      Browser.wait(browser, "document.querySelector('#feed')?.innerText.includes('203.0.113.0/24')")
      Browser.wait(browser, "document.querySelector('.tiles a[href=\"/routes\"]').innerText == '2'")

      # By keyboard: to the search, a prefix, its only route.
      click(browser, "nav a[href='/routes']")
      Browser.wait(browser, "location.pathname == '/routes' && document.querySelectorAll('#routes tr').length == 2")
      key(browser, "/")
      Browser.wait(browser, "document.activeElement.id == 'search-prefix'")
      Browser.command(browser, "Input.insertText", %{text: "198.51.100.0/24"})
      Browser.wait(browser, "location.search.includes('prefix=198.51.100.0%2F24')")
      Browser.wait(browser, "document.querySelectorAll('#routes tr').length == 1")
      assert Browser.evaluate(browser, "document.activeElement.value") == "198.51.100.0/24"

      # Back is the search before; forward to the route itself, which is withdrawn.
      Browser.evaluate(browser, "history.back()")
      Browser.wait(browser, "document.querySelectorAll('#routes tr').length == 2")
      click(browser, "#routes tr:first-child th a")
      Browser.wait(browser, "document.querySelector('h1').innerText == '198.51.100.0/24'")
      withdraw(socket, ["198.51.100.0/24"])
      Browser.wait(browser, "document.querySelector('.banner')?.innerText.startsWith('Withdrawn')")

      # When the station's pages are gone, it is said.
      stop_supervised!(Standalone)
      Browser.wait(browser, "getComputedStyle(document.querySelector('.when-off')).display == 'inline'")

      complaints = browser |> Browser.complaints() |> Enum.reject(&(&1 =~ "WebSocket connection"))
      assert complaints == []
    end

    @axe Path.expand("../../../assets/node_modules/axe-core/axe.min.js", __DIR__)
    @no_axe if not File.exists?(@axe), do: "axe-core, of the map's npm packages, is not installed"

    # Its messages are old: there is an alert of the router's clock.
    defp sample! do
      station = start_station!(ServiceRadar.BMP, insight: Application.app_dir(:serviceradar_bmp, "priv/insight.json"))
      {:ok, messages} = Replay.messages(Replay.sample())
      {:ok, _} = Replay.start_link({127, 0, 0, 1}, BMP.port(station), messages, time: 0)
      eventually(fn -> match?({:ok, %{routes: 691}}, BMP.counts()) end, "the sample", 6_000)
      start_supervised!({Standalone, port: 0})
      {:ok, peers} = BMP.peers()
      peer = Enum.find(peers, &(&1.address == {10, 255, 1, 2}))
      {:ok, [route | _], _} = BMP.routes(prefix: "10.16.8.128/25")

      [
        overview: "/",
        router: Paths.router("", peer.router_id),
        peers: "/peers",
        peer: Paths.peer("", peer.peer_id),
        routes: "/routes?prefix=10.16.8.128/25",
        route: Paths.route("", route),
        evpn: "/evpn",
        events: "/events?kind=peer_down",
        frame: "/frame?octets=0300000006040300000020060000",
        alerts: "/alerts"
      ]
    end

    @connected "document.querySelector('[data-phx-main].phx-connected') && !document.querySelector('[aria-busy=true], .busy')"

    @tag skip: @no_browser
    @tag timeout: 180_000
    test "in a browser: at 400 px nothing is scrolled sideways, and results come before filters that are seldom used" do
      pages = sample!()
      browser = start_supervised!(Browser)
      size = %{width: 400, height: 800, deviceScaleFactor: 1, mobile: true}
      Browser.command(browser, "Emulation.setDeviceMetricsOverride", size)

      for {name, path} <- pages do
        Browser.open(browser, Standalone.url() <> path, @connected)
        Browser.picture(browser, "live-#{name}-phone")
        assert {name, Browser.evaluate(browser, "document.documentElement.scrollWidth")} == {name, 400}
      end

      Browser.open(browser, Standalone.url() <> pages[:routes], @connected)
      assert Browser.evaluate(browser, "document.querySelector('#search-community').offsetParent == null")
      click(browser, ".more-fields input")
      assert Browser.evaluate(browser, "document.querySelector('#search-community').offsetParent != null")
      assert Browser.complaints(browser) == []
    end

    @no_map if not File.exists?(Path.expand("../../../priv/static/app/map/god-view.js", __DIR__)),
              do: "the map is not built: node and npm are missing, or its packages"

    @tag skip: @no_browser || @no_map
    @tag timeout: 180_000
    test "in a browser: the map is in its page, and goes on when one comes back to it" do
      sample!()
      flags = ~w(--use-angle=swiftshader --enable-unsafe-swiftshader --ignore-gpu-blocklist --window-size=900,700)
      browser = start_supervised!({Browser, flags: flags})
      drawn = "document.querySelector('#god-view bmp-god-view')?.scene?.wanted > 300"
      Browser.open(browser, Standalone.url() <> "/map", drawn)
      # The view that was decided on is drawn first.
      assert Browser.evaluate(browser, "document.querySelector('bmp-god-view select[name=view]').value") ==
               "adj_rib_in_post"

      Browser.picture(browser, "live-map")
      click(browser, "nav a[href='/peers']")
      Browser.wait(browser, "document.querySelector('#peers tr') && !document.querySelector('bmp-god-view')")
      click(browser, "nav a[href='/map']")
      Browser.wait(browser, drawn)
      assert browser |> Browser.complaints() |> Enum.reject(&(&1 =~ "GPU stall")) == []
    end

    @tag skip: @no_browser || @no_axe
    @tag timeout: 240_000
    test "axe-core finds nothing serious on any page, in light and dark" do
      pages = sample!()
      browser = start_supervised!(Browser)
      Browser.open(browser, Standalone.url(), @connected)
      tiles = Browser.evaluate(browser, "document.querySelector('.tiles').innerText")
      assert tiles =~ ~r/Open alerts\s+1\s+the worst/ and tiles =~ "Changes a second"

      for scheme <- ["light", "dark"], {name, path} <- pages do
        Browser.command(browser, "Emulation.setEmulatedMedia", %{
          features: [%{name: "prefers-color-scheme", value: scheme}]
        })

        Browser.open(browser, Standalone.url() <> path, @connected)
        Browser.picture(browser, "live-#{name}-#{scheme}")
        Browser.evaluate(browser, File.read!(@axe) <> ";0")
        assert {scheme, name, Browser.serious(browser)} == {scheme, name, []}
      end
    end

    defp announce(socket, prefixes) do
      update = Wire.update(attributes: Wire.mandatory(), nlri: prefixes)
      :ok = :gen_tcp.send(socket, Wire.route_monitoring(update))
    end

    defp withdraw(socket, prefixes),
      do: :ok = :gen_tcp.send(socket, Wire.route_monitoring(Wire.update(withdrawn: prefixes)))

    defp click(browser, selector) do
      Browser.wait(browser, "document.querySelector(#{Browser.text(selector)})")
      Browser.evaluate(browser, "document.querySelector(#{Browser.text(selector)}).click()")
    end

    defp key(browser, key) do
      for type <- ["keyDown", "keyUp"], do: Browser.command(browser, "Input.dispatchKeyEvent", %{type: type, key: key})
    end
  end
end
