defmodule ServiceRadar.BMP.TcpMd5Test do
  @moduledoc "Routers that sign their TCP segments (RFC 2385)."
  use ExUnit.Case, async: true

  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Config, Wire}
  alias ServiceRadar.BMP.Listener.TcpMd5

  @moduletag capture_log: true
  # What only another system lacks.
  @missing (case :gen_tcp.listen(0, [
                   {:raw, 6, 14,
                    <<2::16-native, 0::16, 127, 0, 0, 1, 0::120-unit(8), 0, 0, 1::16-native, 0::32, "x", 0::79-unit(8)>>}
                 ]) do
              {:ok, socket} ->
                :gen_tcp.close(socket)
                nil

              {:error, reason} ->
                "no TCP MD5 signatures: #{reason}"
            end)

  defp file(text) do
    path = Path.join(System.tmp_dir!(), "bmp-md5-#{System.unique_integer([:positive])}-#{System.pid()}")
    File.write!(path, text)
    on_exit(fn -> File.rm(path) end)
    path
  end

  # As Linux's struct tcp_md5sig has it, with the station's address.
  defp signed(nil), do: []

  defp signed(key) do
    rest = 80 - byte_size(key)

    [
      {:raw, 6, 14,
       <<2::16-native, 0::16, 127, 0, 0, 1, 0::120-unit(8), 0, 0, byte_size(key)::16-native, 0::32, key::binary,
         0::size(rest)-unit(8)>>}
    ]
  end

  defp connect(station, from, key),
    do: :gen_tcp.connect({127, 0, 0, 1}, BMP.port(station), [:binary, active: false, ip: from] ++ signed(key), 2_000)

  for ip <- ["127.0.0.1", :any] do
    @tag skip: @missing
    test "who has a key has to sign, and others need not: #{inspect(ip)}", %{test: test} do
      keys = file("# of the border\n127.0.0.1 first key\n127.0.1.0/24 other\n")
      station = start_station!(test, ip: unquote(ip), tcp_md5_keys: keys)
      {:ok, socket} = connect(station, {127, 0, 0, 1}, "first key")
      :ok = :gen_tcp.send(socket, Wire.initiation("signed"))
      for key <- [nil, "another"], do: assert({:error, :timeout} == connect(station, {127, 0, 0, 1}, key))
      {:ok, prefix} = connect(station, {127, 0, 1, 7}, "other")
      :ok = :gen_tcp.send(prefix, Wire.initiation("prefix"))
      {:ok, unsigned} = connect(station, {127, 0, 0, 2}, nil)
      :ok = :gen_tcp.send(unsigned, Wire.initiation("unsigned"))

      eventually(fn ->
        {:ok, routers} = BMP.routers(station)
        routers |> Enum.map(& &1.sys_name) |> Enum.sort() == ["prefix", "signed", "unsigned"]
      end)
    end
  end

  @tag skip: @missing
  test "an IPv6 source cannot sign towards an IPv4 address" do
    assert {:error, text} =
             start_supervised({BMP, name: :md5_v6, port: 0, ip: "127.0.0.1", tcp_md5_keys: file("::1 key")})

    assert inspect(text) =~ "the key of ::1/128: it is IPv6, and the station listens on an IPv4 address"
  end

  test "what is wrong is told with its line, and without the key" do
    for {text, said} <- [
          {"192.0.2.1 secret\nnowhere secret", "line 2: the source is an address"},
          {"192.0.2.1", "line 1: it is SOURCE KEY"},
          {"192.0.2.1 secret\n192.0.2.1/32 secret", "line 2: 192.0.2.1/32 has a key already"},
          {"192.0.2.1 " <> String.duplicate("secret", 14), "at most 80 octets"}
        ] do
      assert {:error, error} = Config.new(tcp_md5_keys: file(text))
      assert error =~ said
      refute error =~ "secret"
    end

    assert {:error, error} = Config.new(tcp_md5_keys: "/does/not/exist")
    assert error =~ "option :tcp_md5_keys: /does/not/exist: no such file or directory"
    assert {:ok, [{_, "an other"}]} = TcpMd5.read(file("2001:db8::/32 \t an other \n"))
  end
end
