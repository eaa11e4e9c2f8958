import ServiceRadar.BMP.Test.Needs

needs [:packages] do
  defmodule ServiceRadar.BMP.Broker.ReconnectTest do
    @moduledoc "Credentials are read again whenever a connection is made."
    use ExUnit.Case, async: true

    import ExUnit.CaptureLog

    alias ServiceRadar.BMP.Broker.JetStream.Connection

    # Of nobody: it was made for this test.
    @seed "SUAF4NGDN3CRSY4FZ3Z256KLXCACPXRP2KEJVLCMAHSDWLXJJXEGZBBCRY"

    defp creds(jwt) do
      "-----BEGIN NATS USER JWT-----\n#{jwt}\n------END NATS USER JWT------\n\n" <>
        "-----BEGIN USER NKEY SEED-----\n#{@seed}\n------END USER NKEY SEED------\n"
    end

    # As much of a NATS server as a CONNECT needs; gives the connection and the JWT.
    defp accept(listener) do
      {:ok, socket} = :gen_tcp.accept(listener, 20_000)

      info =
        ~s({"server_id":"x","version":"2.10.0","max_payload":1048576,"auth_required":true,"nonce":"abc","headers":true})

      :ok = :gen_tcp.send(socket, "INFO #{info}\r\n")
      {:ok, line} = :gen_tcp.recv(socket, 0, 20_000)
      [_, jwt] = Regex.run(~r/"jwt":"([^"]+)"/, line)
      :ok = :gen_tcp.send(socket, "PONG\r\n")
      {socket, jwt}
    end

    test "a credentials file is renewed without a restart, and what is secret is not logged" do
      path = Path.join(System.tmp_dir!(), "bmp-creds-#{System.unique_integer([:positive])}-#{System.pid()}")
      on_exit(fn -> File.rm(path) end)
      {:ok, listener} = :gen_tcp.listen(0, [:binary, ip: {127, 0, 0, 1}, active: false, packet: :line])
      {:ok, port} = :inet.port(listener)
      File.write!(path, creds("first.jwt"))
      given = [connection: nil, servers: ["nats://127.0.0.1:#{port}"], creds: path, settings: []]
      {:ok, options} = Connection.validate(given)
      refute inspect(options) =~ @seed

      log =
        capture_log(fn ->
          for child <- Connection.children(:reconnect_test, options), do: start_supervised!(child)
          {socket, "first.jwt"} = accept(listener)
          File.write!(path, creds("second.jwt"))
          :ok = :gen_tcp.close(socket)
          {socket, "second.jwt"} = accept(listener)
          # A file that is not there for a moment is asked for again.
          File.rm!(path)
          :ok = :gen_tcp.close(socket)
          assert {:error, :timeout} = :gen_tcp.accept(listener, 1_500)
          File.write!(path, creds("third.jwt"))
          {_socket, "third.jwt"} = accept(listener)
        end)

      assert log =~ "#{path}: no such file or directory"
      refute log =~ @seed
    end
  end
end
