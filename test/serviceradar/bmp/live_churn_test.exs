alias ServiceRadar.BMP.Test.Lab

seconds = System.get_env("SERVICERADAR_BMP_CHURN", "")

why =
  cond do
    seconds == "" -> "it takes minutes: SERVICERADAR_BMP_CHURN=60 runs it for so many seconds"
    System.find_executable("gobgpd") == nil -> "gobgpd is not installed (Debian package gobgpd)"
    true -> Lab.missing()
  end

case why do
  nil ->
    defmodule ServiceRadar.BMP.LiveChurnTest do
      @moduledoc """
      Live FRR and GoBGP routers to which random things happen: eBGP and iBGP neighbours, IPv4, IPv6, VPN and EVPN routes,
      pre-policy, post-policy and GoBGP's Loc-RIB. At each quiet point the station's routes are compared with the routers' own
      tables. A difference is the station's fault unless the router's last BMP message about the route says what the station
      holds; such ones are printed, with their messages, and must be gone after the router has sent its tables again.

      `SERVICERADAR_BMP_CHURN` says for how many seconds; `SERVICERADAR_BMP_SEED` repeats a run.
      """
      use ExUnit.Case, async: false

      alias ServiceRadar.BMP
      alias ServiceRadar.BMP.{Parity, Pipeline, Store}
      alias ServiceRadar.BMP.Test.{Lab, Link, NATS, Postgres, Servers}

      @moduletag :lab

      @moduletag capture_log: true
      @moduletag timeout: 1_800_000

      @routes 400
      @patience 180_000
      @unicast [{"ipv4 unicast", "1/1"}, {"ipv6 unicast", "2/1"}]

      setup do
        lab = Lab.start!(@routes, core: true)
        on_exit(fn -> Lab.stop(lab) end)
        {:ok, station_ip} = :inet.parse_address(to_charlist(lab.facts["STATION"]))
        {:ok, core_ip} = :inet.parse_address(to_charlist(lab.facts["CORE_STATION"]))
        station = :"churn-#{System.unique_integer([:positive])}"

        # GoBGP sends no End-of-RIB, and now and then leaves a route out: what it did not say again goes after this time.
        table = [eor_timeout: 10]
        start_supervised!({BMP, [name: station, ip: "127.0.0.1", port: 0, partitions: 2, table: table] ++ storage()})
        to = [{{127, 0, 0, 1}, BMP.port(station)}]
        edge = start_supervised!({Link, ip: station_ip, to: to, record: true}, id: :edge)
        core = start_supervised!({Link, ip: core_ip, to: to, record: true}, id: :core)
        %{lab: lab, station: station, edge: edge, core: core}
      end

      # The whole way where this build and machine have it; else this VM alone.
      defp storage do
        full = Enum.all?([Pipeline.Broadway, Store.Postgres, Gnat], &Code.ensure_loaded?/1)

        if full and NATS.missing() == nil and Postgres.missing() == nil do
          nats = Servers.nats!()
          postgres = Servers.postgres!()

          [
            broker: {ServiceRadar.BMP.Broker.JetStream, servers: [NATS.url(nats)]},
            pipeline: Pipeline.Broadway,
            store: {Store.Postgres, url: Postgres.url(postgres), schema: "churn"}
          ]
        else
          []
        end
      end

      test "the station's routes are the routers' own at every quiet point", %{lab: lab} = context do
        seed = String.to_integer(System.get_env("SERVICERADAR_BMP_SEED") || "#{:rand.uniform(1_000_000)}")
        IO.puts(:stderr, "live churn: SERVICERADAR_BMP_SEED=#{seed}")
        :rand.seed(:exsss, seed)

        connect(context)
        inject(lab)
        quiet(context, "after the first dump")
        until = now() + 1_000 * String.to_integer(System.fetch_env!("SERVICERADAR_BMP_CHURN"))
        rounds = churn(context, until, 0)
        restore(context)
        again(context)
        differences = quiet(context, "at the end, sent again")
        assert differences == 0, "routers' tables differ though they were sent again"
        IO.puts(:stderr, "live churn: #{rounds} quiet points, no difference by the station at any of them")
        # Before its servers, which end with this process.
        :ok = stop_supervised(context.station)
      end

      defp churn(context, until, rounds) do
        if now() > until do
          rounds
        else
          names = for _ <- 1..(3 + :rand.uniform(4)), do: act(context, Enum.random(acts()))
          quiet(context, Enum.join(names, ", "))
          churn(context, until, rounds + 1)
        end
      end

      defp acts,
        do:
          ~w(withdraw announce change shut leave kill refresh clear bmp link reboot vpn evpn unicast core_reset policy)a

      defp act(%{lab: lab} = context, act) do
        router = Enum.random(~w(west east))
        count = :rand.uniform(20)
        number = :rand.uniform(200)

        case act do
          :withdraw ->
            # A network is taken back by its own name, so as it was announced first.
            Lab.run(lab, "announce", [router, count])
            Lab.run(lab, "withdraw", [router, count])

          act when act in [:announce, :change] ->
            Lab.run(lab, to_string(act), [router, count])

          :shut ->
            Lab.run(lab, "shutdown", [router])
            pause()
            Lab.run(lab, "no-shutdown", [router])

          :leave ->
            Lab.run(lab, "leave", [router])
            pause()
            Lab.run(lab, "return", [router])

          :kill ->
            Lab.run(lab, "kill", [router])
            pause()
            Lab.run(lab, "restart", [router])

          :refresh ->
            Lab.run(lab, "refresh")

          :clear ->
            Lab.run(lab, "vtysh", ["edge", "clear bgp *"])

          :bmp ->
            Lab.run(lab, "no-bmp")
            connect_edge(context)

          :link ->
            Link.cut(Enum.random([context.edge, context.core]), :rand.uniform(2_000))

          :reboot ->
            Lab.run(lab, "reboot")
            connect_edge(context)

          :vpn ->
            gobgp(
              lab,
              "global rib #{add_or_del()} 10.#{number}.0.0/24 label #{100 + number} rd 65003:#{rem(number, 3)} rt 65003:1 -a vpnv4"
            )

          :evpn ->
            gobgp(
              lab,
              "global rib #{add_or_del()} macadv aa:bb:cc:dd:ee:#{hex(number)} 10.3.0.#{number} etag 10 label 1000 rd 65003:1 rt 65003:1 encap vxlan -a evpn"
            )

          :unicast ->
            gobgp(
              lab,
              "global rib #{add_or_del()} 10.77.#{number}.0/24 origin egp med #{count} community 65003:#{count} -a ipv4"
            )

          :core_reset ->
            gobgp(lab, "neighbor #{lab.facts["EDGE_OF_CORE"]} reset")

          :policy ->
            Lab.run(lab, "vtysh", ["edge", "configure terminal", "route-map IN permit 60", "set metric #{number}"])
            Lab.run(lab, "refresh")
        end

        to_string(act)
      end

      defp add_or_del, do: Enum.random(~w(add add del))
      defp hex(number), do: number |> Integer.to_string(16) |> String.pad_leading(2, "0")
      defp pause, do: Process.sleep(:rand.uniform(500))

      defp inject(lab) do
        for number <- 1..20 do
          gobgp(
            lab,
            "global rib add 10.#{number}.0.0/24 label #{100 + number} rd 65003:#{rem(number, 3)} rt 65003:1 -a vpnv4"
          )

          gobgp(
            lab,
            "global rib add multicast 10.3.0.#{number} etag #{number} rd 65003:1 rt 65003:1 encap vxlan -a evpn"
          )

          gobgp(
            lab,
            "global rib add prefix 10.4.#{number}.0/24 gw 10.4.0.1 etag 10 label 30 rd 65003:1 rt 65003:1 -a evpn"
          )
        end
      end

      # One that is not there cannot be deleted, which is no matter.
      defp gobgp(lab, command), do: Lab.attempt(lab, "gobgp", String.split(command))

      defp connect(context) do
        connect_edge(context)
        gobgp(context.lab, "bmp add #{context.lab.facts["CORE_STATION"]}:#{Link.port(context.core)} all")
      end

      defp connect_edge(context), do: Lab.run(context.lab, "bmp", [Link.port(context.edge)])

      defp restore(context) do
        Lab.run(context.lab, "vtysh", ["edge", "configure terminal", "route-map IN permit 60", "no set metric"])
      end

      # Both routers send their whole tables in a new session.
      defp again(context) do
        Lab.run(context.lab, "settle")
        Lab.run(context.lab, "refresh")
        Process.sleep(1_000)
        Link.cut(context.edge)
        Link.cut(context.core)
        Process.sleep(3_000)
      end

      # Waits until nothing differs through the station's fault; gives how many routes differ through the router's.
      defp quiet(context, after_what, since \\ nil) do
        since = since || (Lab.run(context.lab, "settle") && now())
        reports = reports(context)
        wrong = for {name, {:ok, false, _, text}} <- reports, do: "#{name}: #{text}"
        refused = for {name, {:error, reason}} <- reports, do: "#{name}: #{reason}"

        cond do
          wrong == [] and refused == [] ->
            sent = for {name, {:ok, _, json, _}} <- reports, (count = sent_so(json)) > 0, do: {name, count}
            told = Enum.map_join(sent, ", ", fn {name, count} -> "#{count} of #{name}" end)

            if sent != [],
              do: IO.puts(:stderr, "live churn: after #{after_what} the routers sent not as they hold them: #{told}")

            sent |> Enum.map(&elem(&1, 1)) |> Enum.sum()

          now() - since > @patience ->
            flunk("after #{after_what}:\n" <> Enum.join(refused ++ wrong, "\n"))

          true ->
            Process.sleep(500)
            quiet(context, after_what, since)
        end
      end

      defp sent_so(json) do
        [_, count] = Regex.run(~r/"sent_so":(\d+)/, json)
        String.to_integer(count)
      end

      defp reports(%{lab: lab, station: station} = context) do
        edge = [router: "edge", bmp: Link.recording(context.edge), as_sent: true]
        # Its own sysName.
        core = [router: "GoBGP", bmp: Link.recording(context.core), as_sent: true, format: "gobgp"]

        post =
          for {command, family} <-
                [
                  {"ipv4 unicast json detail", "1/1"},
                  {"ipv6 unicast json detail", "2/1"},
                  {"ipv4 vpn json", "1/128"},
                  {"l2vpn evpn json", "25/70"}
                ] do
            compare(
              station,
              "edge post #{command}",
              vtysh(lab, "show bgp #{command}"),
              [view: "adj_rib_in_post", family: family] ++ edge
            )
          end

        pre =
          for peer <- [lab.facts["WEST_PEER"], lab.facts["EAST_PEER"], lab.facts["CORE_PEER"]],
              {name, family} <- @unicast do
            table = vtysh(lab, "show bgp #{name} neighbors #{peer} received-routes route-map AS-RECEIVED json")

            compare(
              station,
              "edge pre #{peer} #{name}",
              table,
              [view: "adj_rib_in_pre", peer: peer, family: family] ++ edge
            )
          end

        # GoBGP's Adj-RIB-In is what edge sent; of its table only that is post-policy, the rest is its own.
        peer = lab.facts["EDGE_OF_CORE"]

        gobgp =
          for {family, number} <- [{"ipv4", "1/1"}, {"ipv6", "2/1"}],
              {view, table} <- [
                {"adj_rib_in_pre", "neighbor #{peer} adj-in -j -a #{family}"},
                {"adj_rib_in_post", "global rib -j -a #{family}"},
                {"loc_rib", "global rib -j -a #{family}"}
              ] do
            options = if view == "loc_rib", do: [], else: [peer: peer]

            compare(
              station,
              "core #{view} #{family}",
              gobgp(lab, table),
              options ++ [view: view, family: number] ++ core
            )
          end

        post ++ pre ++ gobgp
      end

      defp compare(station, name, table, options), do: {name, Parity.compare(station, [table], options)}
      defp vtysh(lab, command), do: Lab.run(lab, "vtysh", ["edge", command])
      defp now, do: System.monotonic_time(:millisecond)
    end

  why ->
    ServiceRadar.BMP.Test.LeftOut.file(__ENV__.file, why)
end
