defmodule ServiceRadar.BMP.Insight.WebhookTest do
  use ExUnit.Case, async: true

  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP.{Config, Wire}
  alias ServiceRadar.BMP.Insight.Webhook
  alias ServiceRadar.BMP.Test.{Certificates, Folder}

  @moduletag capture_log: true

  # Answers one request after the other with these statuses, and tells of each. With TLS where there are options of it.
  defp receiver(statuses, tls \\ nil) do
    options = [:binary, active: false, packet: :http_bin, ip: {127, 0, 0, 1}]
    {:ok, listener} = if tls, do: :ssl.listen(0, options ++ tls), else: :gen_tcp.listen(0, options)
    {:ok, {_address, port}} = if tls, do: :ssl.sockname(listener), else: :inet.sockname(listener)
    test = self()
    start_supervised!({Task, fn -> Enum.each(statuses, &answer(accept(listener, tls), &1, test)) end})
    if tls, do: "https://localhost:#{port}/findings", else: "http://127.0.0.1:#{port}/findings"
  end

  # The module that speaks with a socket, the one that sets its options, and the socket.
  defp accept(listener, nil) do
    {:ok, socket} = :gen_tcp.accept(listener)
    {:gen_tcp, :inet, socket}
  end

  # Who does not trust the certificate goes again, and is no request.
  defp accept(listener, tls) do
    {:ok, socket} = :ssl.transport_accept(listener)

    case :ssl.handshake(socket, 10_000) do
      {:ok, socket} -> {:ssl, :ssl, socket}
      {:error, _} -> accept(listener, tls)
    end
  end

  defp answer({speak, set, socket}, status, test) do
    {:ok, {:http_request, :POST, {:abs_path, path}, _}} = speak.recv(socket, 0)
    headers = headers(speak, socket, %{})
    :ok = set.setopts(socket, packet: :raw)
    {:ok, body} = speak.recv(socket, String.to_integer(headers["content-length"]))
    send(test, {:posted, path, headers, body})
    :ok = speak.send(socket, "HTTP/1.1 #{status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    speak.close(socket)
  end

  defp headers(speak, socket, found) do
    case speak.recv(socket, 0) do
      {:ok, :http_eoh} ->
        found

      {:ok, {:http_header, _, name, _, value}} ->
        headers(speak, socket, Map.put(found, name |> to_string() |> String.downcase(), value))
    end
  end

  defp config(test, options) do
    {:ok, config} = Config.new(name: test, webhook: [retry_after: 1] ++ options)
    start_supervised!(%{id: test, start: {Webhook, :start_link, [config]}})
    config
  end

  defp webhook(station), do: station |> ServiceRadar.BMP.Instance.whereis(:webhook)

  defp posted do
    assert_receive {:posted, "/findings", headers, body}, 10_000
    {headers, body}
  end

  test "what is not taken is sent again, signed, and what came meanwhile goes together", %{test: test} do
    config =
      config(test, url: receiver([503, 429, 200, 204]), secret: "s3cret", headers: [{"authorization", "Bearer x"}])

    Webhook.put(config, [~s({"a":1})])
    {first, body} = posted()
    assert body == ~s([{"a":1}])
    Webhook.put(config, [~s({"b":2}), ~s({"muted":true}), ~s({"c":3})])

    for {headers, body} <- [{first, body}, posted(), posted()] do
      assert body == ~s([{"a":1}])
      assert headers["x-bmp-delivery"] == first["x-bmp-delivery"]
      assert headers["authorization"] == "Bearer x"
      signed = :crypto.mac(:hmac, :sha256, "s3cret", [headers["x-bmp-timestamp"], ".", body])
      assert headers["x-bmp-signature"] == "sha256=" <> Base.encode16(signed, case: :lower)
    end

    assert {other, ~s([{"b":2},{"c":3}])} = posted()
    assert other["x-bmp-delivery"] != first["x-bmp-delivery"]
  end

  test "over TLS, signed and tried again, to who has a certificate of the authority that is trusted", %{test: test} do
    folder = Folder.new!("webhook")
    on_exit(fn -> File.rm_rf(folder) end)
    %{server: server} = Certificates.make!(folder, "localhost")
    %{server: stranger} = Certificates.make!(Path.join(folder, "stranger"), "localhost")
    url = receiver([503, 200], certfile: server.certfile, keyfile: server.keyfile)

    # Of another authority: nothing is sent, and it is tried again.
    other = config(:"#{test} stranger", url: url, secret: "s3cret", cacertfile: stranger.cacertfile)
    Webhook.put(other, ["0"])
    refute_receive {:posted, _, _, _}, 200

    config = config(test, url: url, secret: "s3cret", cacertfile: server.cacertfile)
    Webhook.put(config, [~s({"a":1})])

    for {headers, body} <- [posted(), posted()] do
      assert body == ~s([{"a":1}])
      signed = :crypto.mac(:hmac, :sha256, "s3cret", [headers["x-bmp-timestamp"], ".", body])
      assert headers["x-bmp-signature"] == "sha256=" <> Base.encode16(signed, case: :lower)
    end
  end

  test "over TLS the certificate has to be for the name that is asked", %{test: test} do
    folder = Folder.new!("webhook")
    on_exit(fn -> File.rm_rf(folder) end)
    %{server: server} = Certificates.make!(folder, "elsewhere.example")
    url = receiver([200], certfile: server.certfile, keyfile: server.keyfile)
    Webhook.put(config(test, url: url, cacertfile: server.cacertfile, give_up_after: 50), ["0"])
    assert eventually(fn -> :sys.get_state(webhook(test)).sending == nil end)
    refute_received {:posted, _, _, _}
  end

  test "what is refused is given up, and the next is sent", %{test: test} do
    config = config(test, url: receiver([400, 200]))
    Webhook.put(config, ["1"])
    assert {headers, "[1]"} = posted()
    refute Map.has_key?(headers, "x-bmp-signature")
    Webhook.put(config, ["2"])
    assert {_, "[2]"} = posted()
  end

  test "a station posts its alerts", %{test: test} do
    path = Path.join(System.tmp_dir!(), "webhook-#{System.unique_integer([:positive])}.json")
    File.write!(path, ~s({"rules": {"router_clock": {"enabled": false}}}))
    on_exit(fn -> File.rm(path) end)
    station = start_station!(test, insight: path, webhook: [url: receiver([200, 200])])
    socket = connect!(station)
    :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), Wire.peer_down()])
    {_, body} = posted()
    assert body =~ ~s("event_code":"peer_down") and body =~ ~s("activity_name":"Create")
    :ok = :gen_tcp.send(socket, Wire.peer_up())
    {_, body} = posted()
    assert body =~ ~s("activity_name":"Close")
  end

  test "options are checked" do
    for options <- [[], [url: "ftp://x"], [url: "http://x", tries: 1], "http://x"] do
      assert {:error, text} = Config.new(webhook: options)
      assert text =~ ":webhook"
    end
  end
end
