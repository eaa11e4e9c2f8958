defmodule ServiceRadar.BMP.MixTasksTest do
  use ExUnit.Case, async: false

  import ExUnit.CaptureIO
  import ServiceRadar.BMP.TestRouter

  alias Mix.Tasks.Bmp
  alias ServiceRadar.BMP.{Replay, Terminal, Wire}
  alias ServiceRadar.BMP.Test.Distribution

  defp file!(bytes) do
    path = Path.join(System.tmp_dir!(), "bmp-#{System.unique_integer([:positive])}.bmp")
    File.write!(path, bytes)
    on_exit(fn -> File.rm(path) end)
    path
  end

  describe "mix bmp.decode" do
    test "prints each message, also of a compressed file" do
      for bytes <- [Wire.initiation("rtr"), :zlib.gzip(Wire.initiation("rtr"))] do
        printed = capture_io(fn -> Bmp.Decode.run([file!(bytes)]) end)
        assert printed =~ ~s(sys_name: "rtr")
      end
    end

    test "prints what it could read before it says what is wrong" do
      path = file!(Wire.initiation("rtr") <> "no BMP")

      printed =
        capture_io(fn ->
          assert_raise Mix.Error, ~r/bmp.version at offset 13/, fn -> Bmp.Decode.run([path]) end
        end)

      assert printed =~ ~s(sys_name: "rtr")
      assert_raise Mix.Error, ~r/no such file/, fn -> Bmp.Decode.run(["/nowhere.bmp"]) end
    end
  end

  describe "mix bmp.station" do
    test "says what is wrong before anything starts" do
      for {arguments, text} <- [
            {["--prot", "1"], ~r/unknown or wrong option --prot/},
            {["--port", "many"], ~r/unknown or wrong option --port/},
            {["--play", file!("no BMP")], ~r/no whole BMP message at offset 0/},
            {["--port", "99999"], ~r/option :port is an integer from 0 to 65535/},
            {["--ip", "192.0.2.1"], ~r/cannot listen on port 11019/}
          ] do
        assert_raise Mix.Error, text, fn -> Bmp.Station.run(arguments) end
      end
    end

    test "without a terminal it tells events, sizes and, once at rest, the tables" do
      start_station!(ServiceRadar.BMP)

      printed =
        capture_io(fn ->
          {:ok, terminal} = Terminal.start_link(plain: true)
          {:ok, messages} = Replay.messages(Replay.sample())
          {:ok, _} = Replay.start_link({127, 0, 0, 1}, ServiceRadar.BMP.port(), messages, time: 0)
          eventually(fn -> prefixes(ServiceRadar.BMP) != [] end)
          Process.sleep(2_500)
          GenServer.stop(terminal)
        end)

      assert printed =~ "ServiceRadar BMP station on port #{ServiceRadar.BMP.port()}"
      assert printed =~ ~r/\d\d:\d\d:\d\d  peer_up  edge  10\.255\.1\.2/
      assert printed =~ "1 router, 3 peers, 691 routes"
      assert printed =~ ~r/edge +10\.255\.1\.2 +65001 +up +344/
    end
  end

  describe "mix bmp.parity" do
    test "compares a router's table with a running station's" do
      station = start_station!(:"parity-#{System.unique_integer([:positive])}")
      socket = connect!(station)

      routes = Wire.update(attributes: Wire.mandatory(), nlri: ["10.0.0.0/24", "10.0.1.0/24"])
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), Wire.route_monitoring(routes)])
      eventually(fn -> length(prefixes(station)) == 2 end)
      {:ok, [held | _], nil} = ServiceRadar.BMP.routes(station, limit: 10)

      table = fn prefixes ->
        paths = fn prefix ->
          ~s("#{prefix}": [{"valid": true, "peerId": "#{:inet.ntoa(held.peer)}", "path": "#{held.as_path_text}", "origin": "#{held.origin}",
            "nexthops": [{"ip": "#{:inet.ntoa(held.next_hop)}"}]}])
        end

        file!(~s({"localAS": 1, "routes": {#{Enum.map_join(prefixes, ",", paths)}}}))
      end

      view = "--view=#{held.view}"
      node = Distribution.start!(:shortnames)
      arguments = [view, "--node=#{node}", "--station=#{inspect(station)}"]
      same = table.(["10.0.0.0/24", "10.0.1.0/24"])
      assert capture_io(fn -> Bmp.Parity.run([same | arguments]) end) =~ "equal 2, missing 0, extra 0, different 0"

      printed =
        capture_io(fn ->
          assert catch_exit(Bmp.Parity.run([table.(["10.0.0.0/24", "10.9.0.0/16"]), "--json" | arguments])) ==
                   {:shutdown, 1}
        end)

      assert printed =~ ~s("missing":1,"extra":1)
      assert printed =~ "10.9.0.0/16"

      for {arguments, why} <- [
            {["/nowhere.json" | arguments], "no such file"},
            {[file!(~s({"warning": "Inbound soft reconfiguration not enabled"})) | arguments], "Inbound soft"},
            {[same], "either --url"},
            {["--frob", same], "unknown or wrong option --frob"}
          ] do
        printed = capture_io(:stderr, fn -> assert catch_exit(Bmp.Parity.run(arguments)) == {:shutdown, 2} end)
        assert printed =~ why
      end
    end
  end
end
