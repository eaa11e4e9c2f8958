defmodule ServiceRadar.BMPWeb.EvpnTest do
  use ExUnit.Case, async: true

  alias ServiceRadar.BMPWeb.Evpn

  doctest Evpn

  defp route(rd, mac, more \\ %{}) do
    {esi, more} = Map.pop(more, :esi, 0)
    {ip, more} = Map.pop(more, :ip, "")

    Map.merge(
      %{
        nlri_text: "[2]:[#{rd}]:[0]:[48]:[#{mac}]#{ip}",
        nlri: <<2, 33, 0::64, esi::80, 0::32>>,
        vnis: [10],
        next_hop: {192, 0, 2, 1},
        router: "leaf",
        extended_communities: [],
        changed_at_us: 1
      },
      more
    )
  end

  test "one address from two leaves is a duplicate, but not where the later one says that it moved, or a segment is shared" do
    two = fn first, second -> [route("1:1", "02:00:00:00:00:01", first), route("1:2", "02:00:00:00:00:01", second)] end
    assert [%{duplicate?: true, rds: ["1:1", "1:2"]}] = Evpn.macs(two.(%{}, %{}), nil)

    moved = %{extended_communities: ["rt:1:1", "mac-mobility:0:4"], next_hop: {192, 0, 2, 2}}
    assert [%{duplicate?: false, mobility: 4, next_hops: [{192, 0, 2, 2}]}] = Evpn.macs(two.(%{}, moved), nil)
    assert [%{duplicate?: true, mobility: 4}] = Evpn.macs(two.(moved, moved), nil)
    assert [%{duplicate?: false, multihomed?: true}] = Evpn.macs(two.(%{esi: 5}, %{esi: 5}), nil)
    assert [%{sticky?: true}] = Evpn.macs(two.(%{extended_communities: ["mac-mobility:1:0"]}, %{}), nil)
  end

  test "the same address in two VNIs are two; other types of routes are none; the most unstable is first" do
    routes = [
      route("1:1", "02:00:00:00:00:01"),
      route("1:1", "02:00:00:00:00:01", %{vnis: [11]}),
      route("1:1", "02:00:00:00:00:02", %{ip: ":[128]:[2001:db8::1]"}),
      route("1:1", "02:00:00:00:00:02", %{ip: ":[32]:[10.0.0.2]"}),
      %{route("1:1", "x") | nlri_text: "[3]:[1:1]:[0]:[32]:[192.0.2.1]"},
      %{route("1:1", "x") | nlri_text: nil}
    ]

    changes = Enum.frequencies(for _ <- 1..3, do: Evpn.key(Enum.at(routes, 2)))

    assert for(mac <- Evpn.macs(routes, changes), do: {mac.mac, mac.vni, mac.ips, mac.changes}) == [
             {"02:00:00:00:00:02", 10, ["10.0.0.2", "2001:db8::1"], 3},
             {"02:00:00:00:00:01", 10, [], 0},
             {"02:00:00:00:00:01", 11, [], 0}
           ]

    assert Evpn.key(Enum.at(routes, 4)) == nil
  end
end
