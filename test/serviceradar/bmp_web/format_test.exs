defmodule ServiceRadar.BMPWeb.FormatTest do
  use ExUnit.Case, async: true
  @moduletag :clock

  alias ServiceRadar.BMPWeb.Capabilities

  doctest ServiceRadar.BMPWeb.Format
  doctest ServiceRadar.BMPWeb.Differences
  doctest ServiceRadar.BMPWeb.Octets
  doctest ServiceRadar.BMPWeb.Plot
  doctest ServiceRadar.BMPWeb.Statistics

  test "what both sides announced is put side by side" do
    sent = [
      {:multiprotocol, {1, 1}},
      {:multiprotocol, {2, 1}},
      {:four_octet_as, 4_200_000_001},
      {:add_path, [{{1, 1}, :receive}]},
      {:graceful_restart, %{flags: 4, restart_time: 120, families: [%{family: {1, 1}, flags: 0x80}]}},
      {:role, 3},
      {:fqdn, %{host: "edge", domain: "lab"}},
      {200, <<1, 2>>}
    ]

    received = [{:multiprotocol, {1, 1}}, :route_refresh]

    assert Capabilities.rows(sent, received) == [
             %{code: 1, name: "Multiprotocol", sent: ["IPv4 unicast", "IPv6 unicast"], received: ["IPv4 unicast"]},
             %{code: 2, name: "Route refresh", sent: nil, received: []},
             %{code: 9, name: "BGP role", sent: ["customer"], received: nil},
             %{code: 64, name: "Graceful restart", sent: ["restart time 120 s", "IPv4 unicast"], received: nil},
             %{code: 65, name: "4-octet AS number", sent: ["AS4200000001"], received: nil},
             %{code: 69, name: "ADD-PATH", sent: ["IPv4 unicast: receive"], received: nil},
             %{code: 73, name: "FQDN", sent: ["edge.lab"], received: nil},
             %{code: 200, name: "Capability 200", sent: ["0x0102"], received: nil}
           ]

    assert Capabilities.compare(%{sent_open: nil, received_open: <<"no OPEN">>}) == nil
  end

  test "capabilities whose value is not what their name says are shown as octets" do
    sent = [{9, <<1, 2>>}, {64, <<1>>}, {73, <<9, "x">>}, {75, <<>>}]
    assert sent |> Capabilities.rows([]) |> Enum.map(& &1.sent) == [["0x0102"], ["0x01"], ["0x0978"], []]
  end
end
