import ServiceRadar.BMP.Test.Needs

needs [:lab] do
  defmodule ServiceRadar.BMP.InsightLabTest do
    @moduledoc """
    Live FRR routers, to which things happen, and what a running station says of it.
    """
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.Test.InsightLab

    alias ServiceRadar.BMP.Test.{InsightLab, Lab}

    @moduletag :lab

    @moduletag capture_log: true
    @moduletag timeout: 3_600_000

    @station __MODULE__.Station

    setup context do
      lab = Lab.start!(40)
      on_exit(fn -> Lab.stop(lab) end)
      # West and east are Kubernetes nodes, too, where nothing else is said.
      nodes? = Map.get(context, :nodes, true)

      InsightLab.start!(
        lab,
        @station,
        configuration(lab, context[:downs] || 1_000, nodes?),
        "lab-#{context[:recorded]}"
      )

      # A neighbour that nobody named is called what it calls itself in its OPEN.
      names = if nodes?, do: ~w(node-a node-b), else: ~w(west east)
      said_all(for name <- names, do: [~s("kind":"link_added"), ~s("source":"edge"), ~s("target":"#{name}")])
      %{lab: lab}
    end

    defp configuration(lab, downs, nodes?) do
      [west, east] = for peer <- ~w(WEST_PEER EAST_PEER), do: lab.facts[peer]
      nodes = if nodes?, do: ~s("#{west}": "node-a", "#{east}": "node-b", "10.255.2.2": "node-b")

      """
      {"sites": {"edge": "#{lab.facts["EDGE"]}"},
       "sessions": [{"router": "edge", "peer": "#{west}", "interface": {"device": "edge", "name": "west"}},
                    {"router": "edge", "peer": "#{east}", "interface": {"device": "edge", "name": "east"}}],
       "calico": {"pools": ["10.42.0.0/16"], "nodes": {#{nodes}}},
       "flapping": {"downs": #{downs}, "within_ms": 600000, "quiet_ms": 2000},
       "rules": {"router_clock": {"enabled": false}}}
      """
    end

    defp down, do: [[~s("rule":"peer_down"), ~s("state":"open")]]

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

    @tag recorded: "pod-blocks"
    test "pod blocks that are lost and come back, and one that moves", %{lab: lab} do
      west(lab, ["network 10.42.1.0/26"])
      said([~s("protocol":"calico"), ~s("target":"node-a")])

      times =
        for _ <- 1..runs() do
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
        for _ <- 1..runs() do
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

    @tag recorded: "link-cut"
    test "a link that is cut, as SNMP tells too", %{lab: lab} do
      west = ~s({"device": "edge", "name": "west", "admin_status": "up", "oper_status": ")

      times =
        for _ <- 1..runs() do
          cut = fn ->
            {_, 0} = System.cmd("ip", ["-n", lab.facts["EDGE_NS"], "link", "set", "west", "down"])
            interface(west <> ~s(down"}))
          end

          time =
            measure(cut, down() ++ [[~s("cause":"link_failure"), ~s("subject":"edge interface west")]], &peer_down?/1)

          {_, 0} = System.cmd("ip", ["-n", lab.facts["EDGE_NS"], "link", "set", "west", "up"])
          interface(west <> ~s(up"}))
          said([~s("rule":"peer_down"), ~s("state":"close")])
          time
        end

      report("a link cut", times)
    end

    @tag nodes: false, recorded: "neighbour-shut"
    test "a neighbour that is shut with a reason text, and opened again", %{lab: lab} do
      subject = "edge peer #{lab.facts["WEST_PEER"]}"
      text = "upgrade of the line card"

      # By the neighbour, and by the router itself, of which FRR 8.4 does not tell the text.
      shut = [
        {"remote_shutdown", text, fn -> Lab.run(lab, "leave", ["west", text]) end,
         fn -> Lab.run(lab, "return", ["west"]) end},
        {"local_shutdown", "", fn -> Lab.run(lab, "shutdown", ["west", text]) end,
         fn -> Lab.run(lab, "no-shutdown", ["west"]) end}
      ]

      for {cause, text, close, open} <- shut do
        times =
          for _ <- 1..runs() do
            time = measure(close, down() ++ [[~s("cause":"#{cause}"), ~s("subject":"#{subject}"), text]], &peer_down?/1)

            open.()
            said([~s("rule":"peer_down"), ~s("state":"close"), ~s("subject":"#{subject}")])
            time
          end

        report("a neighbour shut, #{cause}", times)
      end
    end

    @tag recorded: "node-killed"
    test "a node that dies", %{lab: lab} do
      west(lab, ["network 10.42.1.0/26"])
      said([~s("protocol":"calico"), ~s("target":"node-a")])

      times =
        for _ <- 1..runs() do
          time =
            measure(
              fn -> Lab.run(lab, "kill", ["west"]) end,
              [[~s("kind":"node_lost"), ~s("node":"node-a")]] ++
                down() ++ [[~s("cause":"node_failure"), ~s("subject":"node-a")]],
              &peer_down?/1
            )

          Lab.run(lab, "restart", ["west"])
          said([~s("kind":"link_added"), ~s("protocol":"bgp"), ~s("target":"node-a")])
          west(lab, ["network 10.42.1.0/26"])
          said([~s("kind":"link_added"), ~s("protocol":"calico"), ~s("target":"node-a")])
          time
        end

      report("a node killed", times)
    end

    @tag downs: 3, recorded: "session-flaps"
    test "a session that flaps", %{lab: lab} do
      flap = fn -> Lab.run(lab, "vtysh", ["edge", "clear bgp #{lab.facts["WEST_PEER"]}"]) end
      down = [~s("kind":"link_lost"), ~s("protocol":"bgp"), ~s("target":"node-a")]
      up = [~s("kind":"link_added"), ~s("protocol":"bgp"), ~s("target":"node-a")]

      times =
        for _ <- 1..runs() do
          for _ <- 1..2 do
            flap.()
            said(down)
            said(up)
          end

          # The third time within the configured one.
          time =
            measure(flap, [[~s("rule":"peer_flapping"), ~s("state":"open")], [~s("cause":"flapping")]], &peer_down?/1)

          said_all([up, [~s("rule":"peer_flapping"), ~s("state":"close")]])
          time
        end

      report("a session that flaps, the third time", times)
    end
  end
end
