defmodule ServiceRadar.BMPWeb.MapLiveFRRTest do
  # From vtysh on a live router's neighbour to the changed pixels of the map.
  use ExUnit.Case, async: false

  import ServiceRadar.BMP.TestRouter, only: [eventually: 3]

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.Events
  alias ServiceRadar.BMP.Test.Lab
  alias ServiceRadar.BMPWeb.Browser
  alias ServiceRadar.BMPWeb.Server.Httpd

  @moduletag capture_log: true
  @moduletag timeout: 900_000

  built = Path.expand("../../../priv/static/app/map/god-view.js", __DIR__)

  @missing Lab.missing() ||
             (Browser.executable() == nil && "chromium is not installed") ||
             (not File.exists?(built) && "the map is not built: node and npm are missing, or its packages") || nil

  @flags ~w(--use-angle=swiftshader --enable-unsafe-swiftshader --ignore-gpu-blocklist --window-size=500,400)
  @view "document.querySelector('bmp-god-view')"
  @rounds 100

  @tag skip: @missing
  test "a prefix that is announced or withdrawn on a router is drawn so within moments" do
    lab = Lab.start!(100)
    on_exit(fn -> Lab.stop(lab) end)
    name = :map_live_frr
    start_supervised!({BMP, name: name, ip: lab.facts["STATION"], port: 0, allow: [lab.facts["EDGE"]], partitions: 1})
    Lab.run(lab, "bmp", [BMP.port(name)])
    Lab.run(lab, "settle")

    eventually(
      fn -> match?({:ok, %{routes: routes}} when routes > 100, BMP.counts(name)) end,
      "the lab's routes",
      6_000
    )

    url = Httpd.url(start_supervised!({Httpd, port: 0, station: name}))
    browser = start_supervised!({Browser, flags: @flags})
    Browser.open(browser, url <> "/#/map", "#{@view}?.scene?.wanted > 50")
    Events.subscribe()

    times =
      for round <- 1..@rounds, command <- ["network", "no network"] do
        change(lab, browser, command, "198.18.#{round}.0/24")
      end

    {told, drawn} = Enum.unzip(times)
    # The command itself: as long as vtysh takes to start, be understood and end, with nothing to do.
    idle = for _ <- 1..10, do: elem(:timer.tc(fn -> Lab.run(lab, "vtysh", ["west", "show version"]) end), 0) / 1000

    IO.puts(
      "vtysh to pixel, #{length(drawn)} changes, in ms: stored and told #{percentiles(told)}; drawn #{percentiles(drawn)}; " <>
        "of that vtysh alone #{percentiles(Enum.map(idle, &round/1))}"
    )

    assert percentile(drawn, 0.5) < 1_000
  end

  defp change(lab, browser, command, prefix) do
    drawn? = if command == "network", do: "at >= 0 && status[at] != 1", else: "at < 0 || status[at] == 1"

    drawn =
      Task.async(fn ->
        Browser.evaluate(browser, """
        new Promise((resolve) => {
          const {world, scene} = #{@view};
          const look = () => {
            const {prefix, status, used} = world.routes;
            const at = prefix.findIndex((one, slot) => one == "#{prefix}" && used[slot]);
            if ((#{drawn?}) && !scene.changed) resolve(true);
            else requestAnimationFrame(look);
          };
          look();
        })
        """)

        System.monotonic_time(:millisecond)
      end)

    Process.sleep(10)
    started = System.monotonic_time(:millisecond)
    as = lab.facts["WEST_AS"] || "65001"
    commands = ["configure terminal", "router bgp #{as}", "address-family ipv4 unicast", "#{command} #{prefix}"]
    vtysh = Task.async(fn -> Lab.run(lab, "vtysh", ["west" | commands]) end)
    told = await(prefix) - started
    finished = Task.await(drawn, 60_000) - started
    Task.await(vtysh, 60_000)
    {told, finished}
  end

  defp await(prefix) do
    receive do
      {:bmp_changes, %{routes: routes}} ->
        if Enum.any?(routes, &(to_string(&1.prefix) == prefix)),
          do: System.monotonic_time(:millisecond),
          else: await(prefix)
    after
      30_000 -> flunk("the station heard nothing of #{prefix}")
    end
  end

  defp percentiles(values), do: "p50 #{percentile(values, 0.5)}, p99 #{percentile(values, 0.99)}"
  defp percentile(values, part), do: values |> Enum.sort() |> Enum.at(floor(part * (length(values) - 1)))
end
