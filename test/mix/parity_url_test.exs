import ServiceRadar.BMP.Test.Needs

needs [:packages, :postgres] do
  defmodule Mix.Tasks.Bmp.ParityUrlTest do
    use ExUnit.Case, async: false

    import ExUnit.CaptureIO
    import ServiceRadar.BMP.TestRouter

    alias Mix.Tasks.Bmp
    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Store, Wire}
    alias ServiceRadar.BMP.Test.{Postgres, Servers}

    test "mix bmp.parity --url compares a router's table with a station's database", %{test: test} do
      postgres = Servers.postgres!()
      url = Postgres.url(postgres)
      station = start_station!(test, store: {Store.Postgres, url: url, schema: "platform"})
      socket = connect!(station)

      routes = Wire.update(attributes: Wire.mandatory(), nlri: ["10.0.0.0/24", "10.0.1.0/24"])
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), Wire.route_monitoring(routes)])
      eventually(fn -> match?({:ok, [_, _], _}, BMP.routes(station, [])) end, "the routes", 600)
      {:ok, [held | _], nil} = BMP.routes(station, limit: 10)

      compared = fn prefixes ->
        Bmp.Parity.run([table!(held, prefixes), "--view=#{held.view}", "--url=#{url}", "--schema=platform"])
      end

      assert capture_io(fn -> compared.(["10.0.0.0/24", "10.0.1.0/24"]) end) =~
               "equal 2, missing 0, extra 0, different 0"

      printed = capture_io(fn -> assert catch_exit(compared.(["10.0.0.0/24", "10.9.0.0/16"])) == {:shutdown, 1} end)
      assert printed =~ "missing 1, extra 1"
      # Before its database ends.
      stop_supervised!(test)
    end

    # What FRR's `show bgp … json` says of these prefixes, each with the attributes of the route that is held.
    defp table!(held, prefixes) do
      path = [
        ~s([{"valid": true, "peerId": "#{:inet.ntoa(held.peer)}", "path": "#{held.as_path_text}",),
        ~s( "origin": "#{held.origin}", "nexthops": [{"ip": "#{:inet.ntoa(held.next_hop)}"}]}])
      ]

      file = Path.join(System.tmp_dir!(), "bmp-parity-#{System.unique_integer([:positive])}.json")
      on_exit(fn -> File.rm(file) end)
      routes = Enum.map_intersperse(prefixes, ",", &[~s("#{&1}": ), path])
      File.write!(file, [~s({"localAS": 1, "routes": {), routes, "}}"])
      file
    end
  end
end
