defmodule ServiceRadar.BMP.DoorTest do
  @moduledoc "Who is let in, and that nobody who should not be keeps the others waiting."
  use ExUnit.Case, async: true

  import ExUnit.CaptureLog
  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Telemetry, Wire}
  alias ServiceRadar.BMP.Test.{Certificates, Folder}

  @moduletag capture_log: true

  @own_address (with {:ok, interfaces} <- :inet.getifaddrs(),
                     [address | _] <-
                       for(
                         {_, options} <- interfaces,
                         {:addr, {a, _, _, _} = address} <- options,
                         a != 127,
                         do: address
                       ) do
                  address
                else
                  _ -> nil
                end)

  defp refusals(station) do
    test = self()

    Telemetry.attach(
      {station, :refusals},
      [[:serviceradar, :bmp, :session, :refused]],
      fn _event, %{count: 1}, metadata, _ ->
        if metadata.station == station, do: send(test, {:refused, metadata.reason})
      end,
      nil
    )

    on_exit(fn -> Telemetry.detach({station, :refusals}) end)
  end

  defp connect(station, address \\ {127, 0, 0, 1}) do
    {:ok, socket} = :gen_tcp.connect(address, BMP.port(station), [:binary, active: false, nodelay: true])
    socket
  end

  defp session_of(station, address), do: Enum.find(BMP.sessions(station), &(&1.address == address))

  describe "sources" do
    @tag skip: if(@own_address == nil, do: "this machine has no address besides loopback")
    test "nobody is let in unasked, and the log says how to let them in", %{test: test} do
      station = start_station!(test, ip: :any)
      refusals(station)

      log =
        capture_log(fn ->
          assert closed?(connect(station, @own_address))
          assert_receive {:refused, :source}
        end)

      assert log =~ "add #{:inet.ntoa(@own_address)} or its prefix there"
      :ok = :gen_tcp.send(connect(station), Wire.initiation("rtr"))
      eventually(fn -> session_of(station, {127, 0, 0, 1}) end)
    end

    test "one address has so many sessions and no more, and others still come", %{test: test} do
      station = start_station!(test, max_sessions_per_source: 3, connects_per_second: 1000)
      refusals(station)
      sockets = for _ <- 1..3, do: connect(station)
      eventually(fn -> length(BMP.sessions(station)) == 3 end)
      assert closed?(connect(station))
      assert_receive {:refused, :source_limit}
      Enum.each(sockets, &:gen_tcp.close/1)
      eventually(fn -> BMP.sessions(station) == [] end)
      :ok = :gen_tcp.send(connect(station), Wire.initiation("rtr"))
      eventually(fn -> length(BMP.sessions(station)) == 1 end)
    end

    test "one address may not connect again and again", %{test: test} do
      station = start_station!(test, max_sessions_per_source: 4, connects_per_second: 1)
      refusals(station)
      for _ <- 1..8, do: :gen_tcp.close(connect(station))
      assert_receive {:refused, :source_rate}
    end
  end

  describe "names" do
    defp connect_from(station, from) do
      options = [:binary, active: false, nodelay: true, ip: from]
      {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, BMP.port(station), options)
      socket
    end

    defp names(station) do
      {:ok, routers} = BMP.routers(station)
      routers |> Enum.map(& &1.sys_name) |> Enum.sort()
    end

    test "a forged sysName is refused, and the router that has it goes on", %{test: test} do
      sources = %{"core1" => ["127.0.0.1"], "core2" => ["127.0.0.2", "127.9.0.0/16"]}
      station = start_station!(test, allow: ["127.0.0.0/8"], sys_names: sources)
      test = self()

      Telemetry.attach(
        {station, :ends},
        [[:serviceradar, :bmp, :session, :stopped]],
        fn _event, _measurements, metadata, _ ->
          if metadata.station == station, do: send(test, {:stopped, metadata.address, metadata.reason})
        end,
        nil
      )

      on_exit(fn -> Telemetry.detach({station, :ends}) end)
      honest = connect_from(station, {127, 0, 0, 1})
      :ok = :gen_tcp.send(honest, Wire.initiation("core1"))
      eventually(fn -> names(station) == ["core1"] end)

      log =
        capture_log(fn ->
          forger = connect_from(station, {127, 0, 0, 3})
          :ok = :gen_tcp.send(forger, Wire.initiation("core1"))
          assert closed?(forger)
          assert_receive {:stopped, {127, 0, 0, 3}, :sys_name}, 20_000
        end)

      assert log =~ ~s(the session of 127.0.0.3 ends \(sys_name\): the sysName "core1" is not believed from there)

      # A name that is not listed is believed, until it becomes another's.
      later = connect_from(station, {127, 9, 0, 3})
      :ok = :gen_tcp.send(later, Wire.initiation("somebody"))
      eventually(fn -> names(station) == ["core1", "somebody"] end)
      :ok = :gen_tcp.send(later, Wire.initiation("core1"))
      assert closed?(later)
      assert_receive {:stopped, {127, 9, 0, 3}, :sys_name}, 20_000

      :ok = :gen_tcp.send(connect_from(station, {127, 9, 0, 4}), Wire.initiation("core2"))
      eventually(fn -> names(station) == ["core1", "core2", "somebody"] end)
      assert session_of(station, {127, 0, 0, 1})
      refute_received {:stopped, {127, 0, 0, 1}, _reason}
    end
  end

  describe "times" do
    test "who says nothing is disconnected", %{test: test} do
      station = start_station!(test, session: [first_message_timeout: 100])
      assert closed?(connect(station))
      eventually(fn -> BMP.sessions(station) == [] end)
    end

    test "who sends octet by octet and never a message is disconnected", %{test: test} do
      station = start_station!(test, session: [message_timeout: 300])
      socket = connect(station)
      :ok = :gen_tcp.send(socket, Wire.initiation("slow"))
      # A length that is allowed, and then hardly anything.
      :ok = :gen_tcp.send(socket, <<3, 100_000::32, 0>>)

      dripping =
        Task.async(fn ->
          Enum.find_value(1..200, fn _ ->
            Process.sleep(20)
            if :gen_tcp.send(socket, <<0>>) != :ok, do: :closed
          end)
        end)

      assert Task.await(dripping, 10_000) == :closed
      eventually(fn -> match?({:ok, [%{state: :disconnected}]}, BMP.routers(station)) end)
      {:ok, [%{end_reason: reason}]} = BMP.routers(station)
      assert reason =~ "did not end for too long"
    end

    test "a message that takes its time, but ends, is taken", %{test: test} do
      station = start_station!(test, session: [message_timeout: 2_000])
      socket = connect(station)
      for <<octet <- IO.iodata_to_binary(Wire.initiation("slow"))>>, do: :ok = :gen_tcp.send(socket, <<octet>>)
      eventually(fn -> match?({:ok, [%{sys_name: "slow", state: :connected}]}, BMP.routers(station)) end)
    end
  end

  describe "octets a second" do
    test "what is more waits in the network, is read later, and others do not wait", %{test: test} do
      station = start_station!(test, session: [max_bytes_per_second: 20_000, read_bytes: 4_096])
      flood = connect(station)
      messages = [Wire.initiation("flood") | List.duplicate(Wire.bmp(4, Wire.tlv(0, :binary.copy("x", 1_000))), 60)]
      started = System.monotonic_time(:millisecond)
      :ok = :gen_tcp.send(flood, messages)
      :ok = :gen_tcp.send(connect(station), Wire.initiation("other"))
      eventually(fn -> match?({:ok, [_, _]}, BMP.routers(station)) end)
      # All of it comes in the end, and no faster than it may: a clock can only make this longer.
      :ok = :gen_tcp.send(flood, Wire.peer_up())
      eventually(fn -> match?({:ok, [_peer]}, BMP.peers(station)) end)
      assert System.monotonic_time(:millisecond) - started >= 2_500
    end
  end

  describe "the PROXY protocol" do
    @v1 "PROXY TCP4 192.0.2.77 192.0.2.9 40000 11019\r\n"
    @v2 <<"\r\n\r\n\0\r\nQUIT\n", 0x21, 0x11, 12::16, 192, 0, 2, 77, 192, 0, 2, 9, 40_000::16, 11_019::16>>

    for {version, header} <- [{1, @v1}, {2, @v2}] do
      test "version #{version}: from a named balancer the router is who it says", %{test: test} do
        station = start_station!(test, balancers: ["127.0.0.1"], allow: ["192.0.2.0/24"])
        socket = connect(station)
        :ok = :gen_tcp.send(socket, [unquote(header), Wire.initiation("behind")])
        eventually(fn -> session_of(station, {192, 0, 2, 77}) end)
        eventually(fn -> match?({:ok, [%{address: {192, 0, 2, 77}, port: 40_000}]}, BMP.routers(station)) end)
      end
    end

    test "the router behind it has to be on the list, too", %{test: test} do
      station = start_station!(test, balancers: ["127.0.0.1"])
      refusals(station)
      socket = connect(station)
      :ok = :gen_tcp.send(socket, @v1)
      assert closed?(socket)
      assert_receive {:refused, :source}
    end

    test "a balancer without a header is refused, one that asks after our health is not", %{test: test} do
      station = start_station!(test, balancers: ["127.0.0.1"], allow: :any, handshake_timeout: 200)
      refusals(station)
      socket = connect(station)
      :ok = :gen_tcp.send(socket, Wire.initiation("rtr"))
      assert closed?(socket)
      assert_receive {:refused, :proxy_header}
      silent = connect(station)
      assert closed?(silent)
      assert_receive {:refused, :handshake_timeout}
      health = connect(station)
      :ok = :gen_tcp.send(health, "PROXY UNKNOWN\r\n")
      assert closed?(health)
      refute_received {:refused, _}
    end

    test "from anybody else such a header is no BMP", %{test: test} do
      station = start_station!(test)
      socket = connect(station)
      :ok = :gen_tcp.send(socket, @v1)
      assert closed?(socket)
      refute session_of(station, {192, 0, 2, 77})
    end
  end

  describe "TLS" do
    setup context do
      folder = Folder.new!("tls")
      on_exit(fn -> File.rm_rf(folder) end)
      %{server: server, client: client} = Certificates.make!(folder)

      tls =
        [certfile: server.certfile, keyfile: server.keyfile] ++
          if(context[:mutual], do: [cacertfile: client.cacertfile], else: [])

      station = start_station!(context.test, tls: tls, handshake_timeout: 2_000)
      refusals(station)
      %{station: station, server: server, client: client}
    end

    defp tls(station, %{server: server}, more) do
      options = [
        :binary,
        active: false,
        cacertfile: server.cacertfile,
        server_name_indication: :disable,
        verify: :verify_peer
      ]

      :ssl.connect({127, 0, 0, 1}, BMP.port(station), options ++ more, 5_000)
    end

    test "a router that speaks TLS is heard", %{station: station} = context do
      {:ok, socket} = tls(station, context, [])
      :ok = :ssl.send(socket, [Wire.initiation("secret"), Wire.peer_up()])
      eventually(fn -> match?({:ok, [%{sys_name: "secret", state: :connected}]}, BMP.routers(station)) end)
      :ssl.close(socket)
      eventually(fn -> match?({:ok, [%{state: :disconnected}]}, BMP.routers(station)) end)
    end

    test "who speaks plain BMP, or nothing, is refused, and nobody waits for it", %{station: station} = context do
      silent = connect(station)
      plain = connect(station)
      :ok = :gen_tcp.send(plain, Wire.initiation("plain"))
      {:ok, socket} = tls(station, context, [])
      :ok = :ssl.send(socket, Wire.initiation("secret"))
      eventually(fn -> match?({:ok, [%{sys_name: "secret"}]}, BMP.routers(station)) end)
      assert_receive {:refused, :tls}
      assert_receive {:refused, :handshake_timeout}, 10_000
      assert closed?(silent)
    end

    @tag :mutual
    test "with an authority for routers each has to show its certificate",
         %{station: station, client: client} = context do
      {:ok, socket} = tls(station, context, certfile: client.certfile, keyfile: client.keyfile)
      :ok = :ssl.send(socket, Wire.initiation("known"))
      eventually(fn -> match?({:ok, [%{sys_name: "known"}]}, BMP.routers(station)) end)
      # In TLS 1.3 the client hears of it only after its own handshake.
      case tls(station, context, []) do
        {:ok, socket} -> assert {:error, _} = :ssl.recv(socket, 0, 5_000)
        {:error, _alert} -> :ok
      end

      assert_receive {:refused, :tls}
      # One of somebody else's authority.
      %{client: stranger} = Certificates.make!(Path.join(Path.dirname(client.certfile), "stranger"))

      case tls(station, context, certfile: stranger.certfile, keyfile: stranger.keyfile) do
        {:ok, socket} -> assert {:error, _} = :ssl.recv(socket, 0, 5_000)
        {:error, _alert} -> :ok
      end

      assert_receive {:refused, :tls}
    end
  end

  describe "attacks" do
    @tag timeout: 120_000
    test "floods, half-open sessions, a 4 GiB length and a slow-loris leave others' latency alone", %{test: test} do
      station = start_station!(test, max_sessions_per_source: 200, connects_per_second: 100)
      refusals(station)
      victim = connect(station)
      :ok = :gen_tcp.send(victim, [Wire.initiation("victim"), Wire.peer_up()])
      eventually(fn -> match?({:ok, [%{sys_name: "victim"}]}, BMP.routers(station)) end)
      ServiceRadar.BMP.Events.subscribe()
      quiet = latencies(victim, station, 0)
      attackers = for kind <- [:flood, :half_open, :too_long, :loris], do: spawn_link(fn -> attack(kind, station) end)
      attacked = latencies(victim, station, 1)
      for pid <- attackers, do: Process.unlink(pid) && Process.exit(pid, :kill)
      assert_receive {:refused, _}
      IO.puts("latency of an honest session, ms: alone #{percentiles(quiet)}, under attack #{percentiles(attacked)}")
      assert Enum.at(Enum.sort(attacked), 95) < 2_000
    end

    # From a message of the router to its change being told, a hundred times.
    defp latencies(socket, station, block) do
      for number <- 1..100 do
        prefix = "10.#{block}.#{number}.0/24"
        started = System.monotonic_time(:microsecond)

        update =
          Wire.update(
            nlri: [prefix],
            attributes: [Wire.origin(0), Wire.as_path([64_500]), Wire.next_hop({192, 0, 2, 9})]
          )

        :ok = :gen_tcp.send(socket, Wire.route_monitoring(update))
        assert_receive {:bmp_changes, %{station: ^station, counts: %{changes: 1}}}, 20_000
        Process.sleep(5)
        div(System.monotonic_time(:microsecond) - started, 1000)
      end
    end

    defp percentiles(latencies) do
      sorted = Enum.sort(latencies)
      "p50 #{Enum.at(sorted, 50)} p99 #{Enum.at(sorted, 98)}"
    end

    defp attack(kind, station) do
      case {kind, :gen_tcp.connect({127, 0, 0, 1}, BMP.port(station), [:binary, active: false])} do
        {:flood, {:ok, socket}} -> :gen_tcp.close(socket)
        {:half_open, {:ok, _socket}} -> Process.sleep(50)
        {:too_long, {:ok, socket}} -> :gen_tcp.send(socket, <<3, 0xFFFFFFFF::32, 0>>) && :gen_tcp.recv(socket, 0, 1_000)
        {:loris, {:ok, socket}} -> for _ <- 1..20, do: :gen_tcp.send(socket, <<3>>) && Process.sleep(10)
        {_, {:error, _}} -> Process.sleep(10)
      end

      attack(kind, station)
    end
  end
end
