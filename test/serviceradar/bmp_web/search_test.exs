defmodule ServiceRadar.BMPWeb.SearchTest do
  use ExUnit.Case, async: true

  alias ServiceRadar.BMP.{Prefix, Query}
  alias ServiceRadar.BMPWeb.Search

  doctest ServiceRadar.BMPWeb.Search

  defp query(params) do
    search = Search.parse(params)
    assert search.errors == %{}
    assert {:ok, _} = Query.new(search.query)
    Keyword.delete(search.query, :limit)
  end

  defp error(field, value, others \\ %{}) do
    search = Search.parse(Map.put(others, Atom.to_string(field), value))
    assert Map.keys(search.errors) == [field]
    search.errors[field]
  end

  test "every kind of search becomes its query" do
    prefix = Prefix.new!("192.0.2.0/24")
    six = Prefix.new!("2001:db8::/32")
    assert query(%{}) == []
    assert query(%{"prefix" => "192.0.2.0/24"}) == [prefix: prefix]
    assert query(%{"prefix" => " 2001:DB8::/32 ", "match" => "exact"}) == [prefix: six]
    assert query(%{"prefix" => "192.0.2.0/24", "match" => "within"}) == [within: prefix]
    assert query(%{"prefix" => "192.0.2.9", "match" => "longest"}) == [address: {192, 0, 2, 9}]
    assert query(%{"peer" => "2001:db8::1"}) == [peer: {0x2001, 0xDB8, 0, 0, 0, 0, 0, 1}]
    assert query(%{"nlri" => "65000:1:10.0.0.0/24"}) == [nlri: "65000:1:10.0.0.0/24"]
    id = "11111111-1111-5111-8111-111111111111"
    assert query(%{"peer" => id}) == [peer_id: id]
    assert query(%{"view" => "adj_rib_in_post", "family" => "ipv6-unicast"}) == [view: :adj_rib_in_post, family: {2, 1}]
    assert query(%{"as" => "AS4200000001"}) == [as: 4_200_000_001]
    assert query(%{"as" => "1.10"}) == [as: 65_546]
    assert query(%{"as" => "0"}) == [as: 0]
    assert query(%{"community" => "65000:1"}) == [community: "65000:1"]
    assert query(%{"community" => "065000:01"}) == [community: "65000:1"]
    assert query(%{"community" => "4200000000:4:1"}) == [community: "4200000000:4:1"]
    assert query(%{"community" => "No-Export"}) == [community: "65535:65281"]
    assert query(%{"community" => "rt:65000:1"}) == [community: "rt:65000:1"]
    assert query(%{"prefix" => "192.0.2.0/24", "match" => "covering"}) == [covering: prefix]

    assert query(%{"origin_as" => "AS64500", "next_hop" => "192.0.2.1"}) == [
             origin_as: 64_500,
             next_hop: {192, 0, 2, 1}
           ]

    assert query(%{"as_path" => "^3356_174_"}) == [as_path: "^3356_174_"]
  end

  test "empty, unknown and nonsensical parameters are no search" do
    assert query(%{"prefix" => "  ", "as" => "", "page" => "7", "view" => ["x"], "peer" => %{}, "family" => <<0xFF>>}) ==
             []

    refute Search.any?(Search.parse(%{"match" => "within", "limit" => "100"}))
    assert Search.any?(Search.parse(%{"as" => "1"}))
  end

  test "what cannot be read is said of the field" do
    assert error(:prefix, "192.0.2.0/33") == "The length of an IPv4 prefix is a number from 0 to 32."
    assert error(:prefix, "2001:db8::/x") == "The length of an IPv6 prefix is a number from 0 to 128."
    assert error(:prefix, "192.0.2") =~ "Not an IPv4 or IPv6 prefix"
    assert error(:prefix, "192.0.2.0/24", %{"match" => "longest"}) =~ "leave out the length"
    assert error(:prefix, "x", %{"match" => "longest"}) =~ "Not an IPv4 or IPv6 address"
    assert error(:peer, "edge") =~ "Not an IPv4 or IPv6 address"
    assert error(:as, "4294967296") =~ "Not an AS number"
    assert error(:as, "65536.1") =~ "Not an AS number"
    assert error(:as, "-1") =~ "Not an AS number"
    assert error(:community, "70000:1") == "Both parts of a community are 0 to 65535."
    assert error(:community, "1:2:4294967296") == "The parts of a large community are 0 to 4294967295."
    assert error(:community, "1:2:3:4") =~ "Not a community"
    assert error(:community, "65000") =~ "Not a community"
    assert error(:view, "rib") =~ "adj_rib_in_pre"
    assert error(:family, "ipx") =~ "Not an address family"
    assert error(:as_path, "(3356") =~ "regular expression"
    assert error(:next_hop, "r1") =~ "Not an IPv4 or IPv6 address"
    assert error(:at, "yesterday") =~ "RFC 3339"
    assert error(:match, "fuzzy") =~ "exact, longest, within"
    assert error(:limit, "1000000") =~ "250"
  end

  test "how a prefix was understood is said where it was typed otherwise" do
    assert Search.parse(%{"prefix" => "192.0.2.7/24"}).notes == %{prefix: "192.0.2.0/24"}
    assert Search.parse(%{"prefix" => "192.0.2.7"}).notes == %{prefix: "192.0.2.7/32"}
    assert Search.parse(%{"prefix" => "192.0.2.0/24"}).notes == %{}
    assert Search.parse(%{"prefix" => "2001:DB8::/32"}).notes == %{}
  end

  test "a search goes through its URL unchanged" do
    params = %{"prefix" => "192.0.2.9", "match" => "longest", "router" => "edge", "limit" => "100", "as" => "AS1"}
    search = Search.parse(params)
    assert Search.params(search) == [prefix: "192.0.2.9", match: "longest", router: "edge", as: "AS1", limit: "100"]
    assert search |> Search.params() |> Map.new(fn {k, v} -> {to_string(k), v} end) |> Search.parse() == search
  end

  test "a router is found by id, name and address" do
    router = %{router_id: "11111111-1111-5111-8111-111111111111", name: "edge", address: {192, 0, 2, 1}}

    for name <- ["edge", "192.0.2.1", router.router_id] do
      assert {:ok, query} = %{"router" => name} |> Search.parse() |> Search.resolve([router])
      assert query[:router] == router.router_id
    end

    assert %{"router" => "other"} |> Search.parse() |> Search.resolve([router]) == :none
  end
end
