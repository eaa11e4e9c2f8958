import ServiceRadar.BMP.Test.Needs

needs [:packages] do
  defmodule ServiceRadar.BMPWeb.FrameTest do
    # A frame octet by octet: pasted, and of what a router sent that could not be decoded.
    use ExUnit.Case, async: false

    import Phoenix.ConnTest
    import Phoenix.LiveViewTest
    import ServiceRadar.BMP.TestRouter

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.Wire
    alias ServiceRadar.BMPWeb.{Host, Octets}

    @endpoint Host.Endpoint
    @moduletag capture_log: true

    setup do
      Host.start!()
      station = start_station!(:pages_live)
      socket = connect!(station)
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up()])
      eventually(fn -> match?({:ok, [%{state: :up}]}, BMP.peers(station)) end)
      %{conn: build_conn(), station: station, socket: socket}
    end

    defp item(view, name), do: element(view, "[role=treeitem]:has(> .line > .name)", ~r/^\s*#{name}\b/)

    test "what is pasted is told field by field, and the link has it", %{conn: conn} do
      {:ok, view, _} = live(conn, "/live/frame")
      assert has_element?(view, ".empty", "All that came was decoded")
      octets = IO.iodata_to_binary(Wire.initiation("rtr-7"))
      view |> form("#read", %{"octets" => Octets.hex(octets)}) |> render_submit()
      assert_patch(view, "/live/frame?octets=" <> Octets.hex(octets))
      assert has_element?(view, ".octets b", "03")
      assert view |> item("sys_name") |> render() =~ "RFC 7854, section 4.4"
      assert has_element?(view, "[data-from='6'][data-to='15'] > .line .says", "rtr-7")

      {:ok, view, _} = live(conn, "/live/frame?octets=" <> Octets.hex(octets))
      assert view |> item("sys_name") |> has_element?()
    end

    test "what is no octets is said at the field, and what was shown stays", %{conn: conn} do
      {:ok, view, _} = live(conn, "/live/frame?octets=030000000604")
      view |> form("#read", %{"octets" => "router"}) |> render_submit()
      assert has_element?(view, "#read-wrong[role=alert]", "is no hexadecimal digit")
      assert view |> item("initiation") |> has_element?()

      for none <- ["octets[]=1", "octets=", "letter=none", "letter[]=x"] do
        {:ok, view, _} = live(conn, "/live/frame?" <> none)
        refute has_element?(view, ".frame")
      end
    end

    test "what could not be decoded is listed, and shown with the error at its octet", %{
      conn: conn,
      socket: socket,
      station: station
    } do
      # The last prefix has 33 bits.
      attributes = IO.iodata_to_binary(Wire.mandatory())
      body = <<0::16, byte_size(attributes)::16, attributes::binary, 33, 10, 0, 0, 0, 0>>
      broken = Wire.route_monitoring(Wire.bgp(2, body))
      :ok = :gen_tcp.send(socket, broken)
      eventually(fn -> match?({:ok, [_], nil}, BMP.dead_letters(station)) end)
      {:ok, [letter], nil} = BMP.dead_letters(station)
      assert letter.octets == IO.iodata_length(broken)
      refute Map.has_key?(letter, :raw)
      assert {:ok, %{raw: raw}} = BMP.dead_letter(station, letter.id)
      assert raw == IO.iodata_to_binary(broken)
      assert {:ok, nil} = BMP.dead_letter(station, "no such")

      {:ok, view, _} = live(conn, "/live/frame")
      view |> element("#letters a", ~r/\d\d:\d\d/) |> render_click()
      assert_patch(view)
      assert has_element?(view, ".banner", "prefix length is 33")
      assert has_element?(view, ".line.unread .state.bad", "prefix length is 33, the limit is 32")
      at = byte_size(raw) - 6
      assert has_element?(view, "[data-from='#{at}'] > .line.unread.wrong")

      # The same over HTTP.
      assert %{"data" => [%{"id" => id, "reason" => reason}], "next" => nil} =
               conn |> get("/live/api/v1/dead_letters") |> json_response(200)

      assert reason =~ "prefix length is 33"
      assert %{"raw" => hex} = conn |> get("/live/api/v1/dead_letters/#{URI.encode(id)}") |> json_response(200)
      assert hex == Octets.hex(raw)
    end

    test "of a fault in an attribute the value is told", %{conn: conn, socket: socket, station: station} do
      [_origin | others] = Wire.mandatory()
      update = Wire.update(attributes: [Wire.attribute(0x40, 1, <<9>>) | others], nlri: ["198.51.100.0/24"])
      :ok = :gen_tcp.send(socket, Wire.route_monitoring(update))
      eventually(fn -> match?({:ok, [_], nil}, BMP.dead_letters(station)) end)
      {:ok, [letter], nil} = BMP.dead_letters(station)
      {:ok, view, _} = live(conn, "/live/frame?" <> URI.encode_query(letter: letter.id))
      assert view |> item("origin") |> render() =~ ~r/>\s*9\s*</
      assert has_element?(view, ".facts", "Treat as withdraw")
    end
  end
end
