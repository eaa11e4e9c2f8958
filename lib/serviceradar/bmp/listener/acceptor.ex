defmodule ServiceRadar.BMP.Listener.Acceptor do
  @moduledoc false
  # Accepts, checks who it is, starts a session for it.
  use Task, restart: :permanent

  require Logger

  alias ServiceRadar.BMP.{Config, Instance, Prefix, Session, Telemetry}

  def start_link(argument), do: Task.start_link(__MODULE__, :run, [argument])

  def run({config, socket} = argument) do
    case :gen_tcp.accept(socket) do
      {:ok, client} ->
        welcome(config, client)
        run(argument)

      # Out of file descriptors, or the client was gone before it was accepted: others may still come.
      {:error, reason} when reason in [:emfile, :enfile, :enobufs, :enomem, :econnaborted] ->
        Logger.warning("a connection was not accepted: #{:inet.format_error(reason)}")
        if reason != :econnaborted, do: Process.sleep(100)
        run(argument)

      {:error, reason} ->
        exit({:shutdown, reason})
    end
  end

  defp welcome(config, client) do
    with {:ok, {address, port}} <- :inet.peername(client),
         address = unmapped(address),
         :ok <- allowed(config, address),
         {:ok, pid} <- start(config, address, port) do
      case :gen_tcp.controlling_process(client, pid) do
        :ok -> send(pid, {:socket, client})
        {:error, _} -> send(pid, :no_socket)
      end
    else
      {:refused, address, reason} ->
        Telemetry.execute(:session, :refused, %{count: 1}, %{station: config.name, address: address, reason: reason})
        Logger.warning("connection of #{:inet.ntoa(address)} refused: #{text(reason, config)}")
        :gen_tcp.close(client)

      {:error, _} ->
        :gen_tcp.close(client)
    end
  end

  defp allowed(%Config{allow: :any}, _address), do: :ok

  defp allowed(%Config{allow: sources}, address),
    do: if(Enum.any?(sources, &Prefix.contains?(&1, address)), do: :ok, else: {:refused, address, :source})

  defp start(config, address, port) do
    supervisor = Instance.via(config.name, :session_supervisor)

    case DynamicSupervisor.start_child(supervisor, {Session, {config, address, port}}) do
      {:ok, pid} -> {:ok, pid}
      {:error, :max_children} -> {:refused, address, :limit}
      {:error, reason} -> {:error, reason}
    end
  end

  # An IPv4 router on an IPv6 socket is an IPv4 router.
  defp unmapped({0, 0, 0, 0, 0, 0xFFFF, high, low}) do
    <<a, b, c, d>> = <<high::16, low::16>>
    {a, b, c, d}
  end

  defp unmapped(address), do: address

  defp text(:source, _config), do: "not among :allow"
  defp text(:limit, config), do: "there are #{config.max_sessions} sessions, as many as :max_sessions allows"
end
