defmodule ServiceRadar.BMP.MixTasksTest do
  use ExUnit.Case, async: false

  import ExUnit.CaptureIO
  import ServiceRadar.BMP.TestRouter

  alias Mix.Tasks.Bmp
  alias ServiceRadar.BMP.{Replay, Terminal, Wire}

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
end
