import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats] do
  defmodule ServiceRadar.BMP.Broker.InterfacesTest do
    @moduledoc "States of interfaces that come over NATS, and what insight concludes of them."
    use ExUnit.Case, async: true

    import ServiceRadar.BMP.TestRouter

    alias ServiceRadar.BMP.{Broker, Events, Wire}
    alias ServiceRadar.BMP.Test.{NATS, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 120_000
    @moduletag :tmp_dir

    test "an interface that SNMP tells of is why its session went", %{test: test, tmp_dir: tmp_dir} do
      nats = Servers.nats!()
      path = Path.join(tmp_dir, "insight.json")

      File.write!(path, """
      {"sessions": [{"router": "rtr", "peer": "10.0.0.9", "interface": {"device": "rtr", "name": "eth1"}}],
       "rules": {"router_clock": {"enabled": false}}}
      """)

      Events.subscribe("bmp:insight")

      station =
        start_station!(test,
          broker: {Broker.JetStream, servers: [NATS.url(nats)], interfaces: "snmp.interfaces.>"},
          insight: path
        )

      peer = [address: {10, 0, 0, 9}, bgp_id: {10, 0, 0, 9}]
      :ok = :gen_tcp.send(connect!(station), [Wire.initiation("rtr"), Wire.peer_up(peer), Wire.peer_down(peer)])
      {:ok, gnat} = Gnat.start_link(%{host: "127.0.0.1", port: nats.port})
      down = ~s({"device_id": "rtr", "if_name": "eth1", "if_oper_status": 2, "if_admin_status": 1})
      said(station, ["peer_down", ~s("state":"open")], fn -> :ok end)

      # Nobody keeps what is told before the station listens: it is told again, as polls do.
      said(station, [~s("cause":"link_failure"), ~s("subject":"rtr interface eth1")], fn ->
        for body <- ["no JSON", down], do: :ok = Gnat.pub(gnat, "snmp.interfaces.rtr", body)
      end)
    end

    defp said(station, parts, tell) do
      receive do
        {:bmp_insight, ^station, line} ->
          if Enum.all?(parts, &(line =~ &1)), do: line, else: said(station, parts, tell)
      after
        300 ->
          tell.()
          said(station, parts, tell)
      end
    end
  end
end
