defmodule ServiceRadar.BMPWeb.MapLiveFRRTest do
  # From vtysh on a live router's neighbour to the changed pixels of the map.
  use ExUnit.Case, async: false

  import ServiceRadar.BMP.TestRouter, only: [eventually: 3]

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Events, Telemetry}
  alias ServiceRadar.BMP.Test.{Lab, NATS, Postgres, Servers}
  alias ServiceRadar.BMPWeb.Browser
  alias ServiceRadar.BMPWeb.Server.Httpd

  @moduletag :lab

  @moduletag capture_log: true
  @moduletag timeout: 900_000

  built = Path.expand("../../../priv/static/app/map/god-view.js", __DIR__)

  @missing Lab.missing() ||
             (Browser.executable() == nil && "chromium is not installed") ||
             (not File.exists?(built) && "the map is not built: node and npm are missing, or its packages") || nil

  @flags ~w(--use-angle=swiftshader --enable-unsafe-swiftshader --ignore-gpu-blocklist --window-size=500,400)
  @view "document.querySelector('bmp-god-view')"
  # Of two changes each.
  @rounds if System.get_env("SERVICERADAR_BMP_LONG") in [nil, ""], do: 20, else: 100

  # Each lasts from the end of the one before until what it is named by.
  @stages [
    "vtysh and the routers, until the octets are received",
    "socket and decoder, until a batch leaves the session",
    "broker, until the pipeline begins with it",
    "routing table, until the batch is applied",
    "store, until it is committed",
    "feed, until the browser has it (coalesced to 50 ms)",
    "map, until the frame that draws it is over"
  ]

  # The full build with the servers that it is for.
  @served Code.ensure_loaded?(Gnat) and Code.ensure_loaded?(ServiceRadar.BMP.Store.Postgres) and NATS.missing() == nil and
            Postgres.missing() == nil
  @parts if @served, do: "NATS and Postgres", else: "in memory"

  defp servers do
    if @served do
      [nats, postgres] = [Servers.nats!(), Servers.postgres!()]

      [
        broker: {BMP.Broker.JetStream, servers: [NATS.url(nats)]},
        store: {BMP.Store.Postgres, url: Postgres.url(postgres)}
      ]
    else
      []
    end
  end

  @tag skip: @missing
  test "a prefix that is announced or withdrawn on a router is drawn so within moments" do
    lab = Lab.start!(100)
    on_exit(fn -> Lab.stop(lab) end)
    name = :map_live_frr
    options = [name: name, ip: lab.facts["STATION"], port: 0, allow: [lab.facts["EDGE"]], partitions: 1]
    start_supervised!({BMP, options ++ servers()})
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
    watch_stages(name)

    changes =
      for round <- 1..@rounds, command <- ["network", "no network"] do
        change(lab, browser, command, "198.18.#{round}.0/24")
      end

    Telemetry.detach(name)
    # The command itself: as long as vtysh takes to start, be understood and end, with nothing to do.
    idle = for _ <- 1..10, do: elem(:timer.tc(fn -> Lab.run(lab, "vtysh", ["west", "show version"]) end), 0) / 1000
    drawn = Enum.map(changes, &List.last/1)

    IO.puts(
      "vtysh to pixel, #{length(changes)} changes, #{@parts}, in ms: #{percentiles(drawn)}; of that vtysh alone #{percentiles(idle)}"
    )

    for {name, stage} <- Enum.zip(@stages, changes |> Enum.map(&differences/1) |> Enum.zip_with(& &1)),
        do: IO.puts("  #{String.pad_trailing(name, 62)} #{percentiles(stage)}")

    assert length(drawn) == 2 * @rounds
    :ok = stop_supervised(name)
  end

  # When each of the stages was over, in ms since the command began.
  defp change(lab, browser, command, prefix) do
    drawn? = if command == "network", do: "at >= 0 && status[at] != 1", else: "at < 0 || status[at] == 1"

    drawn =
      Task.async(fn ->
        Browser.evaluate(browser, """
        new Promise((resolve) => {
          const {world, scene} = #{@view};
          const apply = world.apply;
          let told = null;
          const note = () => {
            const {prefix, status, used} = world.routes;
            const at = prefix.findIndex((one, slot) => one == "#{prefix}" && used[slot]);
            if (told == null && (#{drawn?})) told = Date.now();
          };
          world.apply = function (...rows) { apply.apply(this, rows); note(); };
          const look = () => {
            if (told != null && !scene.changed) { world.apply = apply; resolve([told, Date.now()]); }
            else requestAnimationFrame(look);
          };
          look();
        })
        """)
      end)

    Process.sleep(10)
    started = System.system_time(:microsecond)
    as = lab.facts["WEST_AS"] || "65001"
    commands = ["configure terminal", "router bgp #{as}", "address-family ipv4 unicast", "#{command} #{prefix}"]
    vtysh = Task.async(fn -> Lab.run(lab, "vtysh", ["west" | commands]) end)
    received = await(prefix)
    [told, drawn] = Task.await(drawn, 60_000)
    Task.await(vtysh, 60_000)
    stages = stages(%{}, received)
    moments = [received, stages.batch, stages.begun, stages.applied, stages.committed, told * 1000, drawn * 1000]
    for moment <- moments, do: (moment - started) / 1000
  end

  defp differences(moments), do: Enum.zip_with(moments, [0 | moments], &(&1 - &2))

  defp await(prefix) do
    receive do
      {:bmp_changes, %{routes: routes}} ->
        case Enum.find(routes, &(to_string(&1.prefix) == prefix)) do
          nil -> await(prefix)
          route -> route.received_at_us
        end
    after
      30_000 -> flunk("the station heard nothing of #{prefix}")
    end
  end

  defp watch_stages(name) do
    test = self()

    events =
      for {thing, verb} <- [session: :batch, pipeline: :applied, store: :committed],
          do: [:serviceradar, :bmp, thing, verb]

    told = fn [_, _, _, verb], measurements, _metadata, _config ->
      send(test, {:stage, verb, System.system_time(:microsecond), measurements})
    end

    :ok = Telemetry.attach(name, events, told)
  end

  # The first of each kind that is of this change; earlier ones are of the change before.
  defp stages(found, received) do
    receive do
      {:stage, :batch, at, %{routes: routes}} when at >= received and routes > 0 ->
        found |> Map.put_new(:batch, at) |> stages(received)

      {:stage, :applied, at, %{changes: changes, duration: duration}} when at >= received and changes > 0 ->
        took = System.convert_time_unit(duration, :native, :microsecond)
        found |> Map.put_new(:begun, at - took) |> Map.put_new(:applied, at) |> stages(received)

      {:stage, :committed, at, %{changes: changes}} when at >= received and changes > 0 ->
        found |> Map.put_new(:committed, at) |> stages(received)

      {:stage, _, _, _} ->
        stages(found, received)
    after
      0 -> found
    end
  end

  defp percentiles(values), do: "p50 #{round(percentile(values, 0.5))}, p99 #{round(percentile(values, 0.99))}"
  defp percentile(values, part), do: values |> Enum.sort() |> Enum.at(floor(part * (length(values) - 1)))
end
