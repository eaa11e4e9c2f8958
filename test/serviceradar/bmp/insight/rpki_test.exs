defmodule ServiceRadar.BMP.Insight.RPKITest do
  use ExUnit.Case, async: true

  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Events, Wire}
  alias ServiceRadar.BMP.Test.Folder

  @moduletag capture_log: true

  setup do
    folder = Folder.new!("rpki")
    on_exit(fn -> File.rm_rf!(folder) end)
    %{folder: folder}
  end

  defp start!(test, folder, rpki) do
    path = Path.join(folder, "insight.json")
    File.write!(path, ~s({"rpki": #{rpki}, "rules": {"router_clock": {"enabled": false}}}))
    Events.subscribe("bmp:insight")
    station = start_station!(test, insight: path)

    update =
      Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: ["198.51.100.0/24", "203.0.113.0/24"]))

    :ok = :gen_tcp.send(connect!(station), [Wire.initiation("rtr"), Wire.peer_up(), update])
    eventually(fn -> length(prefixes(station)) == 2 end)
    station
  end

  defp said(station, parts) do
    receive do
      {:bmp_insight, ^station, line} -> if Enum.all?(parts, &(line =~ &1)), do: line, else: said(station, parts)
    after
      20_000 -> flunk("not said: #{inspect(parts)}")
    end
  end

  defp validity(station, prefix) do
    {:ok, [route | _], _} = BMP.routes(station, prefix: prefix)
    route.validity
  end

  test "a file of VRPs, and another one in its place", %{test: test, folder: folder} do
    file = Path.join(folder, "vrps.json")
    File.write!(file, ~s({"roas": [{"prefix": "198.51.100.0/24", "maxLength": 24, "asn": "AS1"}]}))
    station = start!(test, folder, ~s({"file": "#{file}", "reload_ms": 100}))
    said(station, [~s("rule":"rpki_invalid"), ~s("state":"open"), "198.51.100.0/24"])
    assert validity(station, "198.51.100.0/24") == :invalid
    assert validity(station, "203.0.113.0/24") == :not_found
    assert {:ok, [%{prefix: prefix}], _} = BMP.routes(station, validity: :invalid)
    assert to_string(prefix) == "198.51.100.0/24"
    assert {:ok, [], _} = BMP.routes(station, validity: :valid)
    assert {:error, error} = BMP.routes(station, validity: :wrong)
    assert Exception.message(error) =~ ":valid"

    File.write!(file, "{ no VRPs")
    File.write!(file, ~s({"roas": [{"prefix": "203.0.113.0/24", "maxLength": 25, "asn": 1}]}))
    said(station, [~s("rule":"rpki_invalid"), ~s("state":"open"), "203.0.113.0/24"])
    said(station, [~s("rule":"rpki_invalid"), ~s("state":"close"), "198.51.100.0/24"])
    assert validity(station, "198.51.100.0/24") == :not_found
  end

  test "a cache tells VRPs by RTR", %{test: test, folder: folder} do
    {:ok, listener} = :gen_tcp.listen(0, [:binary, ip: {127, 0, 0, 1}, active: false, packet: :raw])
    {:ok, port} = :inet.port(listener)
    start_supervised!({Task, fn -> cache(listener) end})
    station = start!(test, folder, ~s({"caches": ["127.0.0.1:#{port}"]}))
    said(station, [~s("rule":"rpki_invalid"), ~s("state":"open"), "198.51.100.0/24"])
    assert validity(station, "198.51.100.0/24") == :invalid
  end

  # RFC 8210, section 8.1: what follows a Reset Query, with one IPv4 prefix.
  defp cache(listener) do
    {:ok, socket} = :gen_tcp.accept(listener)
    {:ok, <<version, 2, 0::16, 8::32>>} = :gen_tcp.recv(socket, 8)

    :ok =
      :gen_tcp.send(socket, [
        <<version, 3, 7::16, 8::32>>,
        <<version, 4, 0::16, 20::32, 1, 24, 24, 0, 198, 51, 100, 0, 1::32>>,
        <<version, 7, 7::16, 24::32, 1::32, 3600::32, 600::32, 7200::32>>
      ])

    :gen_tcp.recv(socket, 0)
  end
end
