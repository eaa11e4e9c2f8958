defmodule ServiceRadar.BMPWeb.HttpdTest do
  # The static application and its endpoints on OTP's httpd, without any package: asked over HTTP, and used in a browser.
  use ExUnit.Case, async: false

  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Replay, Wire}
  alias ServiceRadar.BMP.Test.JSON
  alias ServiceRadar.BMPWeb.Browser
  alias ServiceRadar.BMPWeb.Server.Httpd

  @moduletag capture_log: true

  @no_browser if Browser.executable() == nil, do: "chromium is not installed"

  defp serve!(options \\ []) do
    server = start_supervised!({Httpd, [port: 0] ++ options})
    Httpd.url(server)
  end

  defp get(url) do
    {:ok, {{_, status, _}, headers, body}} = :httpc.request(:get, {to_charlist(url), []}, [], body_format: :binary)
    {status, Map.new(headers, fn {name, value} -> {to_string(name), to_string(value)} end), body}
  end

  defp ask(url, path, host, method \\ "GET") do
    port = URI.parse(url).port
    {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary, active: false])
    :ok = :gen_tcp.send(socket, "#{method} #{path} HTTP/1.1\r\nhost: #{host}\r\nconnection: close\r\n\r\n")
    answer = receive_all(socket, "")
    :gen_tcp.close(socket)
    answer
  end

  defp receive_all(socket, received) do
    case :gen_tcp.recv(socket, 0, 5_000) do
      {:ok, data} -> receive_all(socket, received <> data)
      {:error, :closed} -> received
    end
  end

  test "it serves its own files and endpoints, and nothing else" do
    station = start_station!(:httpd_files)
    url = serve!(station: station)

    assert {200, headers, html} = get(url <> "/")
    assert headers["content-type"] =~ "text/html"
    assert headers["content-security-policy"] =~ "default-src 'none'"
    # The policy lets nothing inline and nothing from elsewhere through.
    refute html =~ ~r/<script(?![^>]*\ssrc=)/
    refute html =~ ~r/\sstyle=/
    refute html =~ ~r{(src|href)="(https?:)?//}

    for {file, type} <- [{"main.js", "text/javascript"}, {"bmp.css", "text/css"}] do
      assert {200, headers, _} = get("#{url}/#{file}")
      assert String.starts_with?(headers["content-type"], type)
      assert headers["x-content-type-options"] == "nosniff"
    end

    assert {200, %{"content-type" => "application/json", "cache-control" => "no-store"}, body} =
             get(url <> "/api/v1/counts")

    assert %{"routers" => 0, "peers" => 0, "sessions_up" => 0, "routes" => 0} = JSON.decode!(body)
    assert {400, %{"content-type" => "application/problem+json"}, _} = get(url <> "/api/v1/routes?as=x")
    for path <- ["/nowhere", "/app/main.js", "/..%2f..%2fmix.exs"], do: assert({404, _, _} = get(url <> path))

    host = "localhost"
    assert ask(url, "/../../../../etc/passwd", host) =~ "HTTP/1.1 404"
    assert ask(url, "/api/v1/counts", host, "DELETE") =~ ~r/HTTP\/1.1 (405|501)/
    answer = ask(url, "/api/v1/counts", host, "HEAD")
    assert answer =~ "HTTP/1.1 200"
    assert String.ends_with?(answer, "\r\n\r\n")
  end

  test "on a loopback address it answers to its own names only" do
    url = serve!(host: "bmp.example")

    for host <- ["localhost", "127.0.0.1", "bmp.example", "localhost:4000"],
        do: assert(ask(url, "/", host) =~ "HTTP/1.1 200")

    answer = ask(url, "/", "rebound.example")
    assert answer =~ "HTTP/1.1 421"
    refute answer =~ "script"
    assert {:error, :econnrefused} = :gen_tcp.connect({127, 0, 0, 2}, URI.parse(url).port, [])
  end

  test "says what is wrong with its options" do
    assert {:error, %ArgumentError{message: "option :ip is an address" <> _}} = Httpd.start_link(ip: "here")
    assert {:error, %ArgumentError{message: "option :port" <> _}} = Httpd.start_link(port: -1)
    assert {:error, %ArgumentError{message: "unknown option :prot"}} = Httpd.start_link(prot: 1)
  end

  @axe Path.expand("../../../assets/node_modules/axe-core/axe.min.js", __DIR__)
  @no_axe if not File.exists?(@axe), do: "axe-core, of the map's npm packages, is not installed"

  @tag skip: @no_browser || @no_axe
  @tag timeout: 180_000
  test "axe-core finds nothing serious on any page, in light and dark" do
    station = sample!()
    url = serve!(station: station)
    browser = start_supervised!(Browser)
    Browser.open(browser, url <> "/", "document.querySelector('.tiles')")
    Browser.evaluate(browser, File.read!(@axe) <> ";0")

    for scheme <- ["light", "dark"],
        page <- ["", "peers", "routes?prefix=10.16.112.1/32", "events?kind=peer_up", "alerts"] do
      Browser.command(browser, "Emulation.setEmulatedMedia", %{
        features: [%{name: "prefers-color-scheme", value: scheme}]
      })

      goto(browser, url, page, "document.querySelector('tbody tr')")

      assert {scheme, page, Browser.serious(browser)} == {scheme, page, []}
    end
  end

  # Its messages are old: there is an alert of the router's clock.
  defp sample! do
    station = start_station!(ServiceRadar.BMP, insight: Application.app_dir(:serviceradar_bmp, "priv/insight.json"))
    {:ok, messages} = Replay.messages(Replay.sample())
    {:ok, _} = Replay.start_link({127, 0, 0, 1}, BMP.port(station), messages, time: 0)
    eventually(fn -> match?({:ok, %{routes: 691}}, BMP.counts()) end, "the sample", 6_000)
    station
  end

  @tag skip: @no_browser
  @tag timeout: 180_000
  test "in a browser: the sample's routers, peers and routes, searched, sorted and led through" do
    sample!()
    url = serve!()
    browser = start_supervised!(Browser)

    # The router, and its two sessions: what it originates itself is no peer.
    Browser.open(browser, url <> "/", "document.querySelector('.tiles')")
    assert Browser.evaluate(browser, "document.title") == "Routers · ServiceRadar BMP"
    assert text(browser, ".tiles") =~ ~r/Routers connected\s+1 of 1\s+Peers up\s+2 of 2\s+Routes\s+691/
    assert text(browser, ".table") =~ "edge"
    assert text(browser, ".when-on") == "Live"
    refute text(browser, ".feed") =~ "End of RIB"
    assert text(browser, "main") =~ ~r/Sessions[\s\S]*127\.0\.0\.1:\d+[\s\S]* ms/

    goto(browser, url, "peers", "document.querySelectorAll('tbody tr').length == 3")
    assert text(browser, "tbody") =~ "own routes"
    assert text(browser, "tbody") =~ ~r/10\.255\.1\.2\s+65001\s+up/
    # Sorted by routes, both ways.
    click(browser, "th:nth-child(6) a.sort")
    Browser.wait(browser, "document.querySelector('tbody tr:last-child')?.innerText.includes('own routes')")
    assert Browser.evaluate(browser, "document.querySelector('[aria-sort]').ariaSort") == "descending"
    assert Browser.evaluate(browser, "location.hash") == "#/peers?sort=routes&order=desc"
    click(browser, "th:nth-child(6) a.sort")
    Browser.wait(browser, "document.querySelector('tbody tr:first-child')?.innerText.includes('own routes')")
    assert Browser.evaluate(browser, "document.querySelector('[aria-sort]').ariaSort") == "ascending"

    # By keyboard: to the search, a prefix, its routes only.
    goto(browser, url, "routes", "document.querySelectorAll('tbody tr').length == 100")
    key(browser, "/")
    assert Browser.evaluate(browser, "document.activeElement.name") == "prefix"
    Browser.command(browser, "Input.insertText", %{text: "10.16.112.1/32"})
    key(browser, "Enter")
    Browser.wait(browser, "document.querySelectorAll('tbody tr').length == 2")
    assert Browser.evaluate(browser, "location.hash") =~ "prefix=10.16.112.1%2F32"
    assert text(browser, ".result") =~ "2 in all"

    # What cannot be searched is said beside its field; back is the search before.
    goto(browser, url, "routes?as=x", "document.querySelector('.field.wrong')")
    assert text(browser, "#wrong-as") =~ "Not an AS number"
    Browser.evaluate(browser, "history.back()")
    Browser.wait(browser, "document.querySelectorAll('tbody tr').length == 2")

    # The next page, and how many there are in all.
    goto(browser, url, "routes?as=65001", "document.querySelector('nav.pages a')")
    {:ok, through, nil} = BMP.routes(as: 65_001, limit: 10_000)
    assert text(browser, ".result") =~ "100 on this page, of #{length(through)} routes"
    goto(browser, url, "routes", "document.querySelector('nav.pages a')")
    first = text(browser, "tbody tr:first-child")
    click(browser, "nav.pages a")
    Browser.wait(browser, "document.querySelectorAll('nav.pages a').length == 2")
    refute text(browser, "tbody tr:first-child") == first

    # A narrow screen: nothing is scrolled sideways.
    Browser.command(browser, "Emulation.setDeviceMetricsOverride", %{
      width: 400,
      height: 800,
      deviceScaleFactor: 1,
      mobile: true
    })

    for page <- ["", "peers", "routes", "events"] do
      goto(browser, url, page, "document.querySelector('tbody tr')")
      assert {page, Browser.evaluate(browser, "document.documentElement.scrollWidth")} == {page, 400}
      Browser.picture(browser, "app-#{if page == "", do: "routers", else: page}-phone")
    end

    Browser.command(browser, "Emulation.clearDeviceMetricsOverride")

    for scheme <- ["light", "dark"], page <- ["", "peers", "routes", "events"] do
      Browser.command(browser, "Emulation.setEmulatedMedia", %{
        features: [%{name: "prefers-color-scheme", value: scheme}]
      })

      goto(browser, url, page, "document.querySelector('tbody tr')")
      Browser.picture(browser, "app-#{if page == "", do: "routers", else: page}-#{scheme}")
    end

    assert Browser.complaints(browser) |> Enum.reject(&(&1 =~ "400 (Bad Request)")) == []

    # What flaps.
    station = connect!(ServiceRadar.BMP)
    :ok = :gen_tcp.send(station, [Wire.initiation("flapping"), Wire.peer_up()])
    announce = Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: ["198.51.100.0/24"]))
    withdraw = Wire.route_monitoring(Wire.update(withdrawn: ["198.51.100.0/24"]))
    :ok = :gen_tcp.send(station, List.duplicate([announce, withdraw], 3))
    goto(browser, url, "", "document.querySelector('a[href*=\"198.51.100.0\"]')")
    assert text(browser, "main") =~ ~r/What flaps[\s\S]*198.51.100.0\/24[\s\S]*3 times/

    # A change is there without anybody asking for it; when the station is gone, that is said.
    goto(browser, url, "", "document.querySelector('.tiles')")
    stop_supervised!(Httpd)
    Browser.wait(browser, "document.querySelector('.banner.bad')?.innerText == 'The station does not answer.'")
    assert Browser.evaluate(browser, "getComputedStyle(document.querySelector('.when-off')).display") == "inline"
  end

  defp goto(browser, url, page, expression) do
    Browser.evaluate(browser, "location.hash = '#/#{page}'")
    Browser.wait(browser, "document.querySelector('main [aria-busy]') == null && (#{expression})")
    assert Browser.evaluate(browser, "location.href") |> String.starts_with?(url)
  end

  defp text(browser, selector),
    do: Browser.evaluate(browser, "document.querySelector(#{Browser.text(selector)}).innerText")

  defp click(browser, selector),
    do: Browser.evaluate(browser, "document.querySelector(#{Browser.text(selector)}).click()")

  defp key(browser, "Enter") do
    key = %{key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: "\r"}
    for type <- ["keyDown", "keyUp"], do: Browser.command(browser, "Input.dispatchKeyEvent", Map.put(key, :type, type))
  end

  defp key(browser, key) do
    for type <- ["keyDown", "keyUp"], do: Browser.command(browser, "Input.dispatchKeyEvent", %{type: type, key: key})
  end
end
