defmodule ServiceRadar.BMP.Test.NATSTap do
  @moduledoc """
  Hears what is published to a NATS server, in either build: a subscriber that speaks as much of the protocol as that
  needs. Each message comes to the caller as `{:nats, subject, headers, payload}`, headers being a map.
  """
  use GenServer

  def start_link(port, subject, to \\ self()), do: GenServer.start_link(__MODULE__, {port, subject, to})

  @impl true
  def init({port, subject, to}) do
    {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary, active: false, packet: :line, buffer: 65_536])
    {:ok, "INFO " <> _} = :gen_tcp.recv(socket, 0, 5_000)
    :ok = :gen_tcp.send(socket, ["CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB ", subject, " 1\r\nPING\r\n"])
    {:ok, "PONG\r\n"} = :gen_tcp.recv(socket, 0, 5_000)
    tap = self()
    {:ok, _} = Task.start_link(fn -> listen(socket, tap) end)
    {:ok, to}
  end

  @impl true
  def handle_info({:nats, _, _, _} = message, to) do
    send(to, message)
    {:noreply, to}
  end

  defp listen(socket, tap) do
    {:ok, line} = :gen_tcp.recv(socket, 0)

    case String.split(line) do
      ["HMSG", subject, _sid | sizes] ->
        [headers, total] = sizes |> Enum.take(-2) |> Enum.map(&String.to_integer/1)
        :ok = :inet.setopts(socket, packet: :raw)
        {:ok, <<head::binary-size(headers), rest::binary>>} = :gen_tcp.recv(socket, total + 2)
        :ok = :inet.setopts(socket, packet: :line)
        send(tap, {:nats, subject, headers(head), binary_part(rest, 0, total - headers)})

      ["PING"] ->
        :ok = :gen_tcp.send(socket, "PONG\r\n")

      _ ->
        :ok
    end

    listen(socket, tap)
  end

  defp headers(head) do
    for line <- String.split(head, "\r\n", trim: true),
        [name, value] <- [String.split(line, ":", parts: 2)],
        into: %{} do
      {name, String.trim(value)}
    end
  end
end
