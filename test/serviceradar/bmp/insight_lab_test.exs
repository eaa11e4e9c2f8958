alias ServiceRadar.BMP.Test.{Lab, LeftOut}

if why = Lab.missing() do
  LeftOut.file(__ENV__.file, why)
else
  defmodule ServiceRadar.BMP.InsightLabTest do
    @moduledoc """
    Live FRR routers, to which things happen, and what a running station says of it.

    How long it takes from the first octets of the router's message, as they pass a relay in front of the station, until it is
    said is printed, and asserted by nobody. `SERVICERADAR_BMP_LONG=1` does everything fifty times, and prints p50 and p99.
    """
    use ExUnit.Case, async: false

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Events, Insight}
    alias ServiceRadar.BMP.Test.Lab

    @moduletag capture_log: true
    @moduletag timeout: 3_600_000

    @station __MODULE__.Station
    @patience 60_000
    @runs if(System.get_env("SERVICERADAR_BMP_LONG") in [nil, ""], do: 1, else: 50)

    setup context do
      lab = Lab.start!(40)
      on_exit(fn -> Lab.stop(lab) end)
      path = Path.join(lab.folder, "insight.json")
      File.write!(path, configuration(lab, context[:downs] || 1_000))
      Events.subscribe("bmp:insight")
      start_supervised!({BMP, name: @station, ip: "127.0.0.1", port: 0, partitions: 1, insight: path})
      port = relay(lab.facts["STATION"], BMP.port(@station))
      Lab.run(lab, "bmp", [port])
      for peer <- ~w(WEST_PEER EAST_PEER), do: said([~s("kind":"link_added"), ~s("source":"edge"), target(lab, peer)])
      %{lab: lab}
    end

    # West and east are Kubernetes nodes, too.
    defp configuration(lab, downs) do
      [west, east] = for peer <- ~w(WEST_PEER EAST_PEER), do: lab.facts[peer]

      """
      {"sites": {"edge": "#{lab.facts["EDGE"]}"},
       "sessions": [{"router": "edge", "peer": "#{west}", "interface": {"device": "edge", "name": "west"}},
                    {"router": "edge", "peer": "#{east}", "interface": {"device": "edge", "name": "east"}}],
       "calico": {"pools": ["10.42.0.0/16"], "nodes": {"#{west}": "node-a", "#{east}": "node-b", "10.255.2.2": "node-b"}},
       "flapping": {"downs": #{downs}, "within_ms": 600000, "quiet_ms": 2000},
       "rules": {"router_clock": {"enabled": false}}}
      """
    end

    defp target(_lab, "WEST_PEER"), do: ~s("target":"node-a")
    defp target(_lab, "EAST_PEER"), do: ~s("target":"node-b")

    # Passes on what comes, and notes when something came first since it was asked.
    defp relay(address, to) do
      {:ok, ip} = :inet.parse_address(to_charlist(address))
      {:ok, listener} = :gen_tcp.listen(0, [:binary, ip: ip, active: false, reuseaddr: true])
      {:ok, port} = :inet.port(listener)
      came = start_supervised!({Agent, fn -> nil end})
      Process.put(:came, came)
      start_supervised!({Task, fn -> accept(listener, to, came) end})
      port
    end

    defp accept(listener, to, came) do
      {:ok, router} = :gen_tcp.accept(listener)
      {:ok, station} = :gen_tcp.connect({127, 0, 0, 1}, to, [:binary, active: false, nodelay: true])
      pump(router, station, came)
      accept(listener, to, came)
    end

    defp pump(router, station, came) do
      case :gen_tcp.recv(router, 0) do
        {:ok, octets} ->
          at = now()
          # Statistics come by themselves: type 1 of the common header.
          if not match?(<<3, _::32, 1, _::binary>>, octets), do: Agent.update(came, &(&1 || at))
          :ok = :gen_tcp.send(station, octets)
          pump(router, station, came)

        {:error, _} ->
          :gen_tcp.close(station)
      end
    end

    # What is said that has all these parts, of what comes from now on or came already.
    defp said(parts) do
      receive do
        {:bmp_insight, @station, line} -> if Enum.all?(parts, &(line =~ &1)), do: line, else: said(parts)
      after
        @patience -> flunk("not said: #{inspect(parts)}; open are #{inspect(Insight.alerts(@station))}")
      end
    end

    # Lets something happen and measures until all of these are said.
    defp measure(happen, all) do
      Agent.update(Process.get(:came), fn _ -> nil end)
      happen.()
      for parts <- all, do: said(parts)
      now() - Agent.get(Process.get(:came), & &1)
    end

    defp report(what, times) do
      sorted = Enum.sort(times)
      at = fn share -> Enum.at(sorted, min(trunc(share * length(sorted)), length(sorted) - 1)) end
      IO.puts("insight: #{what}: #{length(sorted)} runs, p50 #{at.(0.5)} ms, p99 #{at.(0.99)} ms from the socket")
    end

    defp now, do: System.monotonic_time(:millisecond)

    defp west(lab, commands), do: node(lab, "west", lab.facts["WEST_AS"], commands)
    defp east(lab, commands), do: node(lab, "east", lab.facts["EAST_AS"], commands)

    defp node(lab, router, asn, commands),
      do:
        Lab.run(lab, "vtysh", [
          router,
          "configure terminal",
          "router bgp #{asn}",
          "address-family ipv4 unicast" | commands
        ])

    test "pod blocks that are lost and come back, and one that moves", %{lab: lab} do
      west(lab, ["network 10.42.1.0/26"])
      said([~s("protocol":"calico"), ~s("target":"node-a")])

      times =
        for _ <- 1..@runs do
          time =
            measure(fn -> west(lab, ["no network 10.42.1.0/26"]) end, [
              [~s("rule":"pod_route_lost"), ~s("state":"open"), "Route to Pod Subnet Lost - Check Calico Node BGP Peer"]
            ])

          west(lab, ["network 10.42.1.0/26"])
          said([~s("rule":"pod_route_lost"), ~s("state":"close")])
          time
        end

      report("a pod block lost", times)

      times =
        for _ <- 1..@runs do
          time =
            measure(
              fn ->
                west(lab, ["no network 10.42.1.0/26"])
                east(lab, ["network 10.42.1.0/26"])
              end,
              [[~s("kind":"prefix_moved"), ~s("from":"node-a"), ~s("to":"node-b")], [~s("cause":"workload_moved")]]
            )

          east(lab, ["no network 10.42.1.0/26"])
          west(lab, ["network 10.42.1.0/26"])
          said([~s("kind":"prefix_moved"), ~s("from":"node-b"), ~s("to":"node-a")])
          time
        end

      report("a pod block moved", times)
    end

    test "a link that is cut, as SNMP tells too", %{lab: lab} do
      west = ~s({"device": "edge", "name": "west", "admin_status": "up", "oper_status": ")

      times =
        for _ <- 1..@runs do
          cut = fn ->
            {_, 0} = System.cmd("ip", ["-n", lab.facts["EDGE_NS"], "link", "set", "west", "down"])
            :ok = Insight.interface(@station, west <> ~s(down"}))
          end

          time = measure(cut, [[~s("cause":"link_failure"), ~s("subject":"edge interface west")]])
          {_, 0} = System.cmd("ip", ["-n", lab.facts["EDGE_NS"], "link", "set", "west", "up"])
          :ok = Insight.interface(@station, west <> ~s(up"}))
          said([~s("rule":"peer_down"), ~s("state":"close")])
          time
        end

      report("a link cut", times)
    end

    @tag downs: 3
    test "a node that dies, and a session that flaps", %{lab: lab} do
      west(lab, ["network 10.42.1.0/26"])
      said([~s("protocol":"calico"), ~s("target":"node-a")])

      time =
        measure(fn -> Lab.run(lab, "kill", ["west"]) end, [
          [~s("cause":"node_failure"), ~s("subject":"node-a")],
          [~s("kind":"node_lost"), ~s("node":"node-a")]
        ])

      report("a node killed", [time])

      # The second and the third time.
      for _ <- 1..2 do
        Lab.run(lab, "restart", ["west"])
        said([~s("kind":"link_added"), ~s("protocol":"bgp"), ~s("target":"node-a")])
        Lab.run(lab, "kill", ["west"])
        said([~s("kind":"link_lost"), ~s("protocol":"bgp"), ~s("target":"node-a")])
      end

      said([~s("rule":"peer_flapping"), ~s("state":"open")])
      said([~s("rule":"peer_flapping"), ~s("state":"close")])
    end
  end
end
