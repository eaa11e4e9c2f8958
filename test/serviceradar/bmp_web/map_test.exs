defmodule ServiceRadar.BMPWeb.MapTest do
  # The map in a browser: what a router says becomes pixels.
  use ExUnit.Case, async: false

  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.Test.Servers
  alias ServiceRadar.BMP.Wire
  alias ServiceRadar.BMPWeb.Browser
  alias ServiceRadar.BMPWeb.Server.Httpd

  @moduletag capture_log: true

  @built Path.expand("../../../priv/static/app/map/god-view.js", __DIR__)
  @missing (cond do
              Browser.executable() == nil -> "chromium is not installed"
              not File.exists?(@built) -> "the map is not built: node and npm are missing, or its packages"
              true -> nil
            end)

  # The same for a test that needs history.
  @missing_with_history @missing ||
                          if(Code.ensure_loaded?(ServiceRadar.BMP.Store.Postgres),
                            do: BMP.Test.Postgres.missing(),
                            else: "the core build has no packages"
                          )

  # Software GL: what is judged is what is drawn and the time that our code takes, not how many frames there are.
  @flags ~w(--use-angle=swiftshader --enable-unsafe-swiftshader --ignore-gpu-blocklist --window-size=900,700)

  @view "document.querySelector('bmp-god-view')"

  # A node of Kubernetes with its pods, as Calico tells them (no AS path, itself the next hop), and a transit peer.
  @node [address: {10, 0, 0, 1}, bgp_id: {10, 0, 0, 1}, flags: 0x40]
  @transit [address: {10, 0, 0, 2}, bgp_id: {10, 0, 0, 2}, asn: 64_501, flags: 0x40]

  defp pods(socket, numbers) do
    attributes = [Wire.origin(0), Wire.as_path([]), Wire.next_hop({10, 0, 0, 1})]
    say(socket, @node, attributes, for(number <- numbers, do: "10.244.#{div(number, 64)}.#{rem(number, 64) * 4}/30"))
  end

  defp external(socket, numbers, asn) do
    attributes = Wire.mandatory([64_501, asn])
    say(socket, @transit, attributes, for(number <- numbers, do: "100.#{div(number, 256)}.#{rem(number, 256)}.0/24"))
  end

  defp say(socket, peer, attributes, prefixes) do
    for part <- Enum.chunk_every(prefixes, 200) do
      :ok = :gen_tcp.send(socket, Wire.route_monitoring(Wire.update(attributes: attributes, nlri: part), peer))
    end
  end

  defp withdraw(socket, peer, prefixes) do
    for part <- Enum.chunk_every(prefixes, 200),
        do: :ok = :gen_tcp.send(socket, Wire.route_monitoring(Wire.update(withdrawn: part), peer))
  end

  defp map!(name, pods, externals, options \\ []) do
    station = start_station!(name, options)
    socket = connect!(station)
    :ok = :gen_tcp.send(socket, [Wire.initiation("k8s-edge"), Wire.peer_up(@node), Wire.peer_up(@transit)])
    if pods > 0, do: pods(socket, 0..(pods - 1))
    for asn <- 0..49, externals > 0, do: external(socket, Enum.to_list(asn..(externals - 1)//50), 65_000 + asn)

    eventually(
      fn -> BMP.counts(station) == {:ok, %{routers: 1, peers: 2, routes: pods + externals}} end,
      "the routes",
      3_000
    )

    url = Httpd.url(start_supervised!({Httpd, port: 0, station: station}))
    browser = start_supervised!({Browser, flags: @flags})
    Browser.open(browser, url <> "/#/map", "#{@view}?.scene?.wanted == #{pods + externals}")
    {socket, browser}
  end

  # From the octets of a new route to the end of the frame that draws it, in ms.
  defp until_drawn(socket, browser, number) do
    prefix = "192.0.2.#{number}/32"

    drawn =
      Task.async(fn ->
        Browser.evaluate(browser, """
        new Promise((resolve) => {
          const view = #{@view};
          const look = () =>
            view.world.routes.prefix.includes("#{prefix}") && !view.scene.changed ? resolve(true) : requestAnimationFrame(look);
          look();
        })
        """)
      end)

    Process.sleep(20)
    started = System.monotonic_time(:millisecond)
    say(socket, @node, [Wire.origin(0), Wire.as_path([]), Wire.next_hop({10, 0, 0, 1})], [prefix])
    Task.await(drawn, 60_000)
    System.monotonic_time(:millisecond) - started
  end

  # How many pixels of the map are of a colour, as the browser itself draws them.
  defp pixels(browser, test) do
    Browser.evaluate(browser, """
    new Promise((resolve) => requestAnimationFrame(() => {
      #{@view}.scene.deck.redraw("test");
      const map = #{@view}.querySelector("canvas");
      const copy = Object.assign(document.createElement("canvas"), {width: map.width, height: map.height});
      const context = copy.getContext("2d");
      context.drawImage(map, 0, 0);
      const data = context.getImageData(0, 0, copy.width, copy.height).data;
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        const [r, g, b, a] = [data[at], data[at + 1], data[at + 2], data[at + 3]];
        if (a > 40 && (#{test})) count++;
      }
      resolve(count);
    }))
    """)
  end

  # That pixels are read back, for picking and by this test, is none.
  defp complaints(browser), do: browser |> Browser.complaints() |> Enum.reject(&(&1 =~ "GPU stall due to ReadPixels"))

  @cyan "b > 100 && g > 90 && r < 0.5 * g"
  @red "r > 90 && g < 0.5 * r && b < 0.5 * r"
  @amber "r > 90 && g > 0.5 * r && b < 0.4 * r"

  @tag skip: @missing
  @tag timeout: 240_000
  test "a withdrawn route turns red and is gone, a flapping one turns amber, a lost node is a ghost" do
    {socket, browser} = map!(:map_states, 40, 60)
    assert Browser.evaluate(browser, "#{@view}.world.origins.kind") in ["WebAssembly", "JavaScript"]
    Browser.wait(browser, "#{@view}.querySelector('.god-says').textContent.includes('100 of 100 routes are drawn')")
    Browser.wait(browser, "#{@view}.scene.measured().drawn > 3", 60_000)
    assert pixels(browser, @cyan) > 200
    assert pixels(browser, @red) == 0
    assert pixels(browser, @amber) == 0
    Browser.picture(browser, "map-active")

    times = for number <- 0..49, do: until_drawn(socket, browser, number)
    [p50, p99] = for part <- [0.5, 0.99], do: times |> Enum.sort() |> Enum.at(floor(part * 49))
    IO.puts("said by the router until drawn: p50 #{p50} ms, p99 #{p99} ms, most #{Enum.max(times)} ms")
    withdraw(socket, @node, for(number <- 0..49, do: "192.0.2.#{number}/32"))
    Browser.wait(browser, "#{@view}.world.routes.slots.of.size == 100", 30_000)

    # Half of the routes of the transit peer go.
    withdraw(socket, @transit, for(number <- 0..29, do: "100.0.#{number}.0/24"))
    Browser.wait(browser, "[...#{@view}.world.routes.status].filter((status) => status == 1).length >= 30")
    # What the status says is drawn a frame or two later.
    eventually(fn -> pixels(browser, @red) > 20 end)
    Browser.picture(browser, "map-withdrawn")
    Browser.wait(browser, "#{@view}.world.routes.slots.of.size == 70", 30_000)
    assert pixels(browser, @red) == 0

    for _ <- 1..3 do
      withdraw(socket, @node, for(number <- 0..9, do: "10.244.0.#{number * 4}/30"))
      pods(socket, 0..9)
    end

    Browser.wait(browser, "[...#{@view}.world.routes.status].filter((status) => status == 2).length == 10", 30_000)
    assert pixels(browser, @amber) > 20
    Browser.picture(browser, "map-flapping")

    # Its table says the same to those who cannot see it.
    Browser.evaluate(browser, "#{@view}.querySelector('.god-table').open = true")
    Browser.wait(browser, "#{@view}.querySelector('.god-table tbody tr')")

    assert Browser.evaluate(browser, "#{@view}.querySelector('.god-table tbody').innerText") =~
             ~r/k8s-edge\s+Router\s+active\s+70/

    assert complaints(browser) == []
  end

  @tag skip: @missing
  @tag :tmp_dir
  @tag timeout: 240_000
  test "a lost peer raises its alert on the map, at its node, with the verdict's words", %{tmp_dir: tmp_dir} do
    path = Path.join(tmp_dir, "insight.json")
    File.write!(path, ~s({"rules": {"router_clock": {"enabled": false}, "peer_down": {"close_after_ms": 0}}}))
    {socket, browser} = map!(:map_alerts, 0, 20, insight: path)
    warnings = "#{@view}.querySelector('.god-warnings')"
    assert Browser.evaluate(browser, "#{warnings}.hidden")

    :ok = :gen_tcp.send(socket, Wire.peer_down(@transit))
    Browser.wait(browser, "#{warnings}.querySelector('.is-high')?.innerText.includes('peer down')", 30_000)
    Browser.wait(browser, "#{warnings}.innerText.includes('remote failure')", 30_000)
    # The node has a warning beside its name, and a red rim.
    Browser.wait(browser, "#{@view}.scene.names.some(({text}) => text.startsWith('⚠ 10.0.0.2'))")
    assert pixels(browser, @red) > 20
    Browser.picture(browser, "map-alert")
    Browser.evaluate(browser, "#{warnings}.querySelector('button').click()")
    assert Browser.evaluate(browser, "#{@view}.querySelector('.god-about h2').innerText") == "Peer 10.0.0.2"

    :ok = :gen_tcp.send(socket, Wire.peer_up(@transit))
    Browser.wait(browser, "!#{warnings}.querySelector('.is-high')", 30_000)
    Browser.wait(browser, "!#{@view}.scene.names.some(({text}) => text.startsWith('⚠'))")
    assert complaints(browser) == []
  end

  @tag skip: @missing
  @tag :tmp_dir
  @tag timeout: 240_000
  test "routers and peers are drawn where they stand, where that is known", %{tmp_dir: tmp_dir} do
    path = Path.join(tmp_dir, "insight.json")

    File.write!(path, """
    {"sites": {"k8s-edge": {"latitude": 46.2, "longitude": 6.1}, "pop": {"addresses": "10.0.0.2", "latitude": 59.9, "longitude": 10.7}}}
    """)

    {_socket, browser} = map!(:map_places, 0, 20, insight: path)
    layout = "#{@view}.querySelector('select[name=layout]')"
    refute Browser.evaluate(browser, "#{layout}.hidden")
    Browser.evaluate(browser, "#{layout}.value = 'earth'; #{layout}.dispatchEvent(new Event('change'))")

    place = fn label, axis ->
      slot =
        "[...#{@view}.world.nodes.slots.of.values()].find((slot) => #{@view}.world.nodes.label[slot] == '#{label}')"

      "#{@view}.scene.positions[3 * #{slot} + #{axis}]"
    end

    # The wider of the two extents fills the plane: 13.7 degrees of latitude, stretched by Mercator's projection.
    Browser.wait(
      browser,
      "Math.abs(#{place.("10.0.0.2", 1)} - 420) < 1 && Math.abs(#{place.("k8s-edge", 1)} + 420) < 1"
    )

    assert Browser.evaluate(browser, "#{place.("10.0.0.2", 0)} > #{place.("k8s-edge", 0)}")
    Browser.picture(browser, "map-geography")
    assert complaints(browser) == []
  end

  @past "#{@view}.querySelector('.god-past')"

  # What the page says, once half of the transit peer's routes are withdrawn: and when they were all there still.
  defp half_withdrawn(socket, browser) do
    moment = Browser.evaluate(browser, "performance.now() / 1000")
    date = DateTime.utc_now()
    Process.sleep(1_100)
    withdraw(socket, @transit, for(number <- 0..9, do: "100.0.#{number}.0/24"))
    Browser.wait(browser, "#{@view}.scene.wanted == 20", 30_000)
    {moment, date}
  end

  defp slide(browser, moment) do
    Browser.evaluate(browser, """
    (() => {
      const slider = #{@past}.querySelector('input[type=range]');
      slider.value = #{moment};
      slider.dispatchEvent(new Event('input'));
    })()
    """)
  end

  defp ask(browser, date) do
    text = date |> DateTime.truncate(:second) |> DateTime.to_naive() |> NaiveDateTime.to_iso8601()

    Browser.evaluate(browser, """
    (() => {
      #{@past}.querySelector('input[type=datetime-local]').value = '#{text}';
      #{@past}.querySelector('form').requestSubmit();
    })()
    """)
  end

  defp says(browser, text),
    do: Browser.wait(browser, "#{@past}.querySelector('output').textContent.includes(#{Browser.text(text)})", 30_000)

  @tag skip: @missing
  @tag timeout: 240_000
  test "the map goes back in time, is played again, and is live again" do
    {socket, browser} = map!(:map_past, 10, 20)
    {moment, date} = half_withdrawn(socket, browser)
    place = "[...#{@view}.scene.positions.slice(0, 3)].map(Math.round).join()"
    at = Browser.evaluate(browser, place)

    slide(browser, moment)
    Browser.wait(browser, "#{@view}.scene.wanted == 30", 30_000)
    says(browser, "As it was at #{DateTime.to_date(date)}")
    Browser.picture(browser, "map-past")
    # What stays, stays where it was.
    assert Browser.evaluate(browser, place) == at
    # What comes meanwhile is not drawn, and not lost.
    external(socket, [70], 65_000)
    Browser.wait(browser, "[...#{@view}.live.routes.slots.of.keys()].length == 21", 30_000)
    assert Browser.evaluate(browser, "#{@view}.scene.wanted") == 30

    Browser.evaluate(browser, "#{@past}.querySelector('select').value = '60'; #{@past}.querySelector('button').click()")
    Browser.wait(browser, "#{@view}.scene.wanted == 21", 60_000)
    says(browser, "Live")

    slide(browser, moment)
    Browser.wait(browser, "#{@view}.scene.wanted == 30", 30_000)
    Browser.evaluate(browser, "#{@past}.querySelectorAll('button')[1].click()")
    Browser.wait(browser, "#{@view}.scene.wanted == 21", 30_000)

    ask(browser, date)
    says(browser, "This station's store keeps no history.")
    # The answer 501 is in the console.
    assert Enum.reject(complaints(browser), &(&1 =~ "501")) == []
  end

  @tag skip: @missing_with_history
  @tag timeout: 240_000
  test "of a time before the page was opened the station's history tells" do
    server = Servers.postgres!()
    store = {ServiceRadar.BMP.Store.Postgres, url: BMP.Test.Postgres.url(server)}
    {socket, browser} = map!(:map_history, 10, 20, store: store)
    # To the second, as the field has it.
    Process.sleep(1_100)
    {_, date} = half_withdrawn(socket, browser)
    ask(browser, date)
    Browser.wait(browser, "#{@view}.scene.wanted == 30", 30_000)
    says(browser, "Alerts of then are not kept.")
    assert Browser.evaluate(browser, "#{@view}.world.nodes.label.includes('k8s-edge')")
    Browser.picture(browser, "map-history")
    Browser.evaluate(browser, "#{@past}.querySelectorAll('button')[1].click()")
    Browser.wait(browser, "#{@view}.scene.wanted == 20", 30_000)
    assert complaints(browser) == []
    :ok = stop_supervised(:map_history)
  end

  @tag :measure
  @tag skip: @missing
  @tag timeout: 300_000
  test "1,000 routes of pods and 5,000 others, 500 changes a second: what our code takes" do
    {socket, browser} = map!(:map_busy, 1_000, 5_000)
    # Where the pods are: the peer that is their next hop.
    slot =
      Browser.evaluate(
        browser,
        "[...#{@view}.world.nodes.slots.of.values()].find((slot) => #{@view}.world.nodes.label[slot] == '10.0.0.1')"
      )

    Browser.evaluate(browser, "#{@view}.select(#{slot})")

    assert Browser.evaluate(browser, "#{@view}.querySelector('.god-about p').innerText") =~
             "1000 active routes originate here"

    selections =
      Browser.evaluate(browser, """
      (() => {
        const view = #{@view};
        const times = [];
        for (let round = 0; round < 200; round++) {
          const started = performance.now();
          view.world.select(#{slot});
          times.push(performance.now() - started);
        }
        times.sort((one, other) => one - other);
        return [times[100], times[198]];
      })()
      """)

    Browser.picture(browser, "map-6000-selected")
    Browser.evaluate(browser, "#{@view}.select(-1)")

    # What software GL takes for six thousand arcs is not ours: with the fewest pieces an arc, and of the fewest pixels, our code does
    # all that it ever does.
    Browser.evaluate(
      browser,
      "#{@view}.scene.segments = 2; #{@view}.querySelector('.god-stage').className = 'tiny'; #{@view}.scene.touch()"
    )

    Browser.evaluate(browser, """
    document.querySelector('.tiny').style.cssText = 'position: relative; width: 60px; height: 40px; min-height: 0; overflow: hidden'
    """)

    Process.sleep(3_000)
    Browser.evaluate(browser, "#{@view}.scene.forgetMeasured()")

    traced = Browser.trace(browser, ["devtools.timeline"], fn -> busy(socket, 20) end)
    measured = Browser.evaluate(browser, "#{@view}.scene.measured()")
    Browser.wait(browser, "#{@view}.scene.wanted == 6000")
    Browser.picture(browser, "map-6000")
    IO.puts("map, 6,000 arcs, 500 changes/s: #{inspect(measured)}; selection p50 and p99 in ms: #{inspect(selections)}")

    ours =
      for %{"name" => "FunctionCall", "tdur" => time, "args" => %{"data" => %{"functionName" => "onFrame"}}} <- traced,
          do: time

    IO.puts(
      "by the browser's tracing, its thread's time in ms: in our callback of a frame p50 #{part(ours, 0.5)} p99 #{part(ours, 0.99)}, " <>
        "with deck.gl's p50 #{part(frames(traced), 0.5)} p99 #{part(frames(traced), 0.99)}"
    )

    assert measured["frames"] > 0
    assert ours != []
    assert complaints(browser) == []
  end

  # What each frame's callbacks took of the thread's time, in µs: those of one frame are called one after the other.
  defp frames(traced) do
    traced
    |> Enum.filter(&(&1["name"] == "FireAnimationFrame" and &1["tdur"] != nil))
    |> Enum.sort_by(& &1["ts"])
    |> Enum.chunk_while([], &frame/2, &{:cont, &1, []})
    |> Enum.map(fn calls -> calls |> Enum.map(& &1["tdur"]) |> Enum.sum() end)
  end

  defp frame(call, [before | _] = calls) do
    if call["ts"] - (before["ts"] + before["dur"]) > 1_000, do: {:cont, calls, [call]}, else: {:cont, [call | calls]}
  end

  defp frame(call, []), do: {:cont, [call]}

  defp part(times, part), do: Float.round(Enum.at(Enum.sort(times), floor(part * (length(times) - 1))) / 1000, 1)

  # 500 changes a second.
  defp busy(socket, seconds) do
    started = System.monotonic_time(:millisecond)

    for round <- 1..(seconds * 10) do
      external(socket, for(number <- (round * 37)..(round * 37 + 49), do: rem(number, 5_000)), 65_000 + rem(round, 50))
      Process.sleep(max(0, started + round * 100 - System.monotonic_time(:millisecond)))
    end
  end

  @axe Path.expand("../../../assets/node_modules/axe-core/axe.min.js", __DIR__)

  @tag skip: @missing
  @tag timeout: 240_000
  test "the map's page: axe-core finds nothing serious, in light and dark, and on a phone nothing scrolls sideways" do
    {_socket, browser} = map!(:map_page, 10, 20)
    Browser.evaluate(browser, "#{@view}.querySelector('.god-table').open = true")
    Browser.evaluate(browser, File.read!(@axe) <> ";0")

    for scheme <- ["light", "dark"] do
      Browser.command(browser, "Emulation.setEmulatedMedia", %{
        features: [%{name: "prefers-color-scheme", value: scheme}]
      })

      Browser.picture(browser, "map-page-#{scheme}")
      assert {scheme, Browser.serious(browser)} == {scheme, []}
    end

    size = %{width: 400, height: 800, deviceScaleFactor: 1, mobile: true}
    Browser.command(browser, "Emulation.setDeviceMetricsOverride", size)
    Browser.wait(browser, "document.documentElement.scrollWidth == 400")
    Browser.picture(browser, "map-page-phone")
    assert complaints(browser) == []
  end

  # Ten minutes where SERVICERADAR_BMP_MINUTES=10 asks for them.
  @minutes System.get_env("SERVICERADAR_BMP_MINUTES", "0.5") |> Float.parse() |> elem(0)

  @tag :measure
  @tag skip: @missing
  @tag timeout: round(@minutes * 60_000) + 300_000
  test "what the page holds in memory stays the same, under 500 changes a second" do
    {socket, browser} = map!(:map_memory, 1_000, 5_000)
    Browser.evaluate(browser, "#{@view}.scene.segments = 2")
    seconds = max(1, round(@minutes * 60 / 10))

    held =
      for _ <- 1..10 do
        busy(socket, seconds)
        Browser.command(browser, "HeapProfiler.collectGarbage")
        %{"usedSize" => used, "backingStorageSize" => backing} = Browser.command(browser, "Runtime.getHeapUsage")
        Float.round((used + backing) / 1_000_000, 1)
      end

    IO.puts("map, memory of the page in MB, every #{seconds} s: #{Enum.join(held, " ")}")
    # The recording fills within minutes, and is no more than so much.
    {first, second} = Enum.split(held, 5)
    assert Enum.max(second) - Enum.max(first) < 15
    assert complaints(browser) == []
  end

  @tag skip: @missing
  @tag timeout: 120_000
  test "who wants no motion gets none: where nothing changes, nothing is drawn" do
    station = start_station!(:map_still)
    socket = connect!(station)
    :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(@transit)])
    external(socket, Enum.to_list(0..9), 65_000)
    eventually(fn -> match?({:ok, %{routes: 10}}, BMP.counts(station)) end)
    url = Httpd.url(start_supervised!({Httpd, port: 0, station: station}))
    browser = start_supervised!({Browser, flags: @flags})

    Browser.command(browser, "Emulation.setEmulatedMedia", %{
      features: [%{name: "prefers-reduced-motion", value: "reduce"}]
    })

    Browser.open(browser, url <> "/#/map", "#{@view}?.scene?.wanted == 10")
    refute Browser.evaluate(browser, "#{@view}.scene.motion")
    drawn = drawn_at_rest(browser)
    external(socket, [10], 65_000)
    Browser.wait(browser, "#{@view}.scene.measured().drawn > #{drawn}")
    assert complaints(browser) == []
  end

  # How often was drawn, once a second and a half goes by without. How long the first picture takes is the machine's matter.
  defp drawn_at_rest(browser, tries \\ 20)
  defp drawn_at_rest(_browser, 0), do: flunk("it is drawn again and again, and nothing has changed")

  defp drawn_at_rest(browser, tries) do
    drawn = Browser.evaluate(browser, "#{@view}.scene.measured().drawn")
    Process.sleep(1_500)

    if drawn > 0 and Browser.evaluate(browser, "#{@view}.scene.measured().drawn") == drawn,
      do: drawn,
      else: drawn_at_rest(browser, tries - 1)
  end
end
