defmodule ServiceRadar.BMP.DecodeTest do
  use ExUnit.Case, async: true

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.BGP.{Attribute, Attributes, Nlri, RouteGroup}
  alias ServiceRadar.BMP.{DecodeError, Decoder, PeerDown, PeerUp, Prefix, RouteMonitoring, Undecodable, Wire}

  doctest ServiceRadar.BMP, only: [decode: 1, decode: 2, decode_json: 1, decode_extended_community: 1]
  doctest ServiceRadar.BMP.BGP.Attributes
  doctest ServiceRadar.BMP.BGP.Nlri
  doctest ServiceRadar.BMP.BGP.Notification

  describe "route monitoring" do
    test "an update's attributes and routes" do
      update =
        Wire.update(
          withdrawn: ["192.0.2.0/25"],
          attributes: [
            Wire.origin(0),
            Wire.as_path([64_500, 4_200_000_000]),
            Wire.next_hop({203, 0, 113, 1}),
            Wire.attribute(0x80, 4, <<50::32>>),
            Wire.attribute(0xC0, 8, <<64_500::16, 100::16, 65_535::16, 65_281::16>>),
            Wire.attribute(0xC0, 32, <<64_500::32, 1::32, 2::32>>),
            Wire.attribute(0xC0, 200, "opaque")
          ],
          nlri: ["198.51.100.0/24", "203.0.113.128/25", "0.0.0.0/0"]
        )

      assert {:ok, [message], ""} = BMP.decode(Wire.route_monitoring(update))
      assert %RouteMonitoring{offset: 0, peer: peer, update: update} = message
      assert %{type: :global, view: :adj_rib_in_pre, address: {10, 0, 0, 1}, asn: 64_500} = peer
      assert peer.time == 1_700_000_000_000_042

      assert update.attributes == %Attributes{
               origin: :igp,
               as_path: [{:sequence, [64_500, 4_200_000_000]}],
               next_hop: {203, 0, 113, 1},
               multi_exit_disc: 50,
               communities: [{64_500, 100}, {65_535, 65_281}],
               large_communities: [{64_500, 1, 2}],
               other: [%Attribute{code: 200, flags: 0xC0, value: "opaque"}],
               flags: [{1, 0x40}, {2, 0x40}, {3, 0x40}, {4, 0x80}, {8, 0xC0}, {32, 0xC0}, {200, 0xC0}]
             }

      announced = for text <- ["198.51.100.0/24", "203.0.113.128/25", "0.0.0.0/0"], do: %Nlri{prefix: Prefix.new!(text)}

      assert update.groups == [
               %RouteGroup{action: :withdraw, family: {1, 1}, nlri: [%Nlri{prefix: Prefix.new!("192.0.2.0/25")}]},
               %RouteGroup{action: :announce, family: {1, 1}, next_hop: {203, 0, 113, 1}, nlri: announced}
             ]

      assert update.end_of_rib == nil and update.faults == []
    end

    test "IPv6 in MP_REACH_NLRI, with both next hops" do
      global = <<0x20010DB8::32, 1::96>>
      link_local = <<0xFE80::16, 0::48, 7::64>>
      reach = <<2::16, 1, 32, global::binary, link_local::binary, 0, 32, 0x20010DB8::32>>
      attributes = [Wire.origin(2), Wire.as_path([]), Wire.attribute(0x80, 14, reach)]

      assert {:ok, [%{update: update}], ""} = BMP.decode(Wire.route_monitoring(Wire.update(attributes: attributes)))
      assert [%RouteGroup{action: :announce, family: {2, 1}} = group] = update.groups
      assert group.next_hop == {{0x2001, 0xDB8, 0, 0, 0, 0, 0, 1}, {0xFE80, 0, 0, 0, 0, 0, 0, 7}}
      assert [%Nlri{prefix: prefix}] = group.nlri
      assert to_string(prefix) == "2001:db8::/32"
      assert update.attributes.as_path == []
    end

    test "End-of-RIB markers" do
      assert {:ok, [%{update: %{end_of_rib: {1, 1}}}], ""} = BMP.decode(Wire.route_monitoring(Wire.update([])))
      marker = Wire.update(attributes: [Wire.attribute(0x80, 15, <<2::16, 1>>)])
      assert {:ok, [%{update: %{end_of_rib: {2, 1}, groups: []}}], ""} = BMP.decode(Wire.route_monitoring(marker))
    end

    test "path identifiers are read as the OPENs of Peer Up say" do
      add_path = <<69, 4, 1::16, 1, 3>>
      routes = Wire.update(attributes: Wire.mandatory(), nlri: [{7, "198.51.100.0/24"}])
      stream = Wire.peer_up(capabilities: add_path) <> Wire.route_monitoring(routes)

      assert {:ok, [%PeerUp{} = up, %{update: update}], ""} = BMP.decode(stream)
      assert up.sent_open.capabilities == [{:add_path, [{{1, 1}, :both}]}]
      assert [%{nlri: [%Nlri{path_id: 7, prefix: prefix}]}] = update.groups
      assert to_string(prefix) == "198.51.100.0/24"
    end

    test "a malformed attribute is treated as RFC 7606 says, and told" do
      update = Wire.update(attributes: [Wire.origin(9) | tl(Wire.mandatory())], nlri: ["198.51.100.0/24"])
      assert {:ok, [%{update: update}], ""} = BMP.decode(Wire.route_monitoring(update))
      assert [%{treatment: :treat_as_withdraw, attribute: 1, error: error, raw: <<9>>}] = update.faults
      assert error.path =~ "path_attributes[0].origin"
      assert [%{action: :withdraw, nlri: [_]}] = update.groups
    end
  end

  test "peer down with the notification and the operator's words" do
    notification = Wire.bgp(3, <<6, 2, 4, "work">>)
    assert {:ok, [%PeerDown{} = down], ""} = BMP.decode(Wire.bmp(2, [Wire.peer(), 3, notification]))
    assert %{reason: 3, notification: %{code: 6, subcode: 2, text: "work"}} = down
    assert down.notification.name =~ "Administrative Shutdown"
  end

  test "statistics of every form" do
    counters = [
      <<0::16, 4::16, 3::32>>,
      <<7::16, 8::16, 5::64>>,
      <<9::16, 11::16, 2::16, 1, 9::64>>,
      <<99::16, 1::16, 1>>
    ]

    assert {:ok, [report], ""} = BMP.decode(Wire.bmp(1, [Wire.peer(), <<4::32>>, counters]))

    assert report.statistics == [
             %{type: 0, name: "prefixes_rejected_by_inbound_policy", value: 3},
             %{type: 7, name: "adj_rib_in_routes", value: 5},
             %{type: 9, name: "adj_rib_in_routes_per_family", value: 9, family: {2, 1}},
             %{type: 99, name: nil, value: <<1>>}
           ]
  end

  describe "malformed input" do
    # what, bytes, the error's path, its offset, a part of its reason
    for {what, bytes, path, offset, reason} <- [
          {"wrong version", quote(do: <<2, 6::32, 4>>), "bmp.version", 0, "2 is neither 3 nor 4"},
          {"length 5", quote(do: <<3, 5::32, 4>>), "bmp.length", 1, "5 is not between 6"},
          {"length 4 GiB", quote(do: <<3, 0xFFFFFFFF::32, 4>>), "bmp.length", 1, "4294967295 is not between"},
          {"no BMP at all", quote(do: "GET / HTTP/1.1\r\n"), "bmp.version", 0, "71 is neither"}
        ] do
      test "#{what}: framing is lost, what came before is kept" do
        good = Wire.initiation("rtr")
        bad = unquote(bytes)
        assert {:error, %DecodeError{} = error} = BMP.decode(good <> bad)
        assert [%BMP.Initiation{sys_name: "rtr"}] = error.messages
        assert error.rest == bad
        assert {error.path, error.offset} == {unquote(path), byte_size(good) + unquote(offset)}
        assert error.reason =~ unquote(reason)
      end
    end

    for {what, message, path, reason} <- [
          {"a peer header cut short", quote(do: Wire.bmp(0, <<0::128>>)), "bmp.route_monitoring.peer_header",
           "truncated"},
          {"attributes beyond the end", quote(do: Wire.route_monitoring(Wire.bgp(2, <<0::16, 200::16, 1, 2>>))),
           "bmp.route_monitoring.update.path_attributes", "truncated"},
          {"withdrawn routes beyond the end", quote(do: Wire.route_monitoring(Wire.bgp(2, <<999::16, 0::16>>))),
           "bmp.route_monitoring.update.withdrawn_routes", "truncated"},
          {"prefix length 33", quote(do: Wire.route_monitoring(Wire.bgp(2, <<6::16, 33, 1, 2, 3, 200, 5, 0::16>>))),
           "bmp.route_monitoring.update.withdrawn_routes[0].prefix_length", "prefix length is 33, the limit is 32"},
          {"a marker that is none", quote(do: Wire.route_monitoring(<<0::128, 23::16, 2, 0::32>>)),
           "bmp.route_monitoring.update.marker", "255"},
          {"a BGP length below its header", quote(do: Wire.route_monitoring(<<-1::128, 18::16, 2>>)),
           "bmp.route_monitoring.update.length", "18"},
          {"a TLV beyond the end", quote(do: Wire.bmp(4, <<2::16, 50::16, "short">>)), "bmp.initiation.tlvs[0].value",
           "truncated"}
        ] do
      test "#{what}: the message is kept raw and the stream goes on" do
        bad = unquote(message)
        before = Wire.initiation("before")
        assert {:ok, [_, undecodable, last], ""} = BMP.decode(before <> bad <> Wire.initiation("after"))
        assert %Undecodable{raw: ^bad, offset: offset, error: error} = undecodable
        assert offset == byte_size(before)
        assert error.path == unquote(path)
        assert error.reason =~ unquote(reason)
        assert error.offset > offset and error.offset <= offset + byte_size(bad)
        assert last.sys_name == "after"
      end
    end

    test "a frame that is not whole is the rest" do
      whole = Wire.initiation("rtr")

      for length <- 0..(byte_size(whole) - 1), cut = binary_part(whole, 0, length) do
        assert BMP.decode(cut) == {:ok, [], cut}
        assert {:ok, [_], ^cut} = BMP.decode(whole <> cut)
      end
    end

    test "bytes at random are an answer, never a crash" do
      :rand.seed(:exsss, {1, 2, 3})

      for _ <- 1..2_000 do
        noise = :rand.bytes(:rand.uniform(200))
        assert {result, _} = noise |> BMP.decode() |> then(&{elem(&1, 0), &1})
        assert result in [:ok, :error]
        assert {:ok, [_], ""} = BMP.decode(Wire.bmp(:rand.uniform(7) - 1, noise))
      end
    end
  end

  test "messages of a live router with octets changed at random are an answer, never a crash" do
    {:ok, messages} = BMP.Replay.messages(Path.expand("../../../priv/sample/frr-pair.bmp.gz", __DIR__))
    :rand.seed(:exsss, {4, 5, 6})

    for message <- Enum.take_random(messages, 2_000) do
      position = 6 + :rand.uniform(byte_size(message) - 6) - 1
      <<before::binary-size(position), _, rest::binary>> = message
      changed = <<before::binary, :rand.uniform(256) - 1, rest::binary>>
      assert {:ok, [decoded], ""} = BMP.decode(changed)
      with %Undecodable{raw: raw, error: error} <- decoded, do: assert({raw, error.path} != {changed, "bmp"})
    end
  end

  describe "a decoder" do
    test "gives the same messages in any split" do
      stream =
        Wire.initiation("rtr") <>
          Wire.peer_up() <>
          Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: ["198.51.100.0/24"])) <>
          Wire.bmp(3, <<1, 2, 3>>) <> Wire.bmp(2, [Wire.peer(), 4])

      {:ok, messages, ""} = BMP.decode(stream)
      assert length(messages) == 5

      for size <- 1..60 do
        decoder = Decoder.new()

        split =
          for piece <- pieces(stream, size), {:ok, messages, ""} = BMP.decode(piece, decoder), message <- messages do
            message
          end

        assert split == messages
      end
    end

    test "after the framing is lost every call says so" do
      decoder = Decoder.new(max_message_bytes: 100)
      assert {:error, %{path: "bmp.length"} = error} = BMP.decode(<<3, 101::32, 0>>, decoder)
      assert {:error, ^error} = BMP.decode("", decoder) |> then(fn {:error, e} -> {:error, %{e | rest: error.rest}} end)
    end
  end

  defp pieces(<<>>, _size), do: []
  defp pieces(stream, size) when byte_size(stream) <= size, do: [stream]

  defp pieces(stream, size) do
    <<piece::binary-size(size), rest::binary>> = stream
    [piece | pieces(rest, size)]
  end
end
