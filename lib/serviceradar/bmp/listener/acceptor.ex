defmodule ServiceRadar.BMP.Listener.Acceptor do
  @moduledoc false
  # Accepts, has the door check who it is, starts a session for it.
  use Task, restart: :permanent

  require Logger

  alias ServiceRadar.BMP.{Instance, Session, Telemetry}
  alias ServiceRadar.BMP.Listener.{Door, Handshake}
  alias ServiceRadar.BMP.Session.Transport

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

  # A handshake may take its time, which is no reason for others to wait.
  defp welcome(config, client) do
    case :inet.peername(client) do
      {:ok, {address, port}} ->
        source = {unmapped(address), port}

        cond do
          Door.balancer?(config, elem(source, 0)) -> apart(config, client, source, &balanced/3)
          config.tls -> apart(config, client, source, &enter/3)
          true -> enter(config, client, source)
        end

      {:error, _} ->
        :gen_tcp.close(client)
    end
  end

  # In a process of its own, which has the connection.
  defp apart(config, client, source, function) do
    supervisor = Instance.via(config.name, :handshakes)

    task =
      Supervisor.child_spec({Task, fn -> receive(do: (:go -> function.(config, client, source))) end},
        restart: :temporary
      )

    case DynamicSupervisor.start_child(supervisor, task) do
      {:ok, pid} ->
        _ = :gen_tcp.controlling_process(client, pid)
        send(pid, :go)

      {:error, _} ->
        refuse(config, client, source, :limit)
    end
  end

  defp balanced(config, client, balancer) do
    case Handshake.proxy(client, config) do
      {:ok, {address, port}} -> enter(config, client, {unmapped(address), port})
      :local -> :gen_tcp.close(client)
      {:error, reason} -> refuse(config, client, balancer, reason)
    end
  end

  defp enter(config, client, {address, _port} = source) do
    case Door.enter(config, address) do
      {:ok, place} -> begin(config, client, source, place)
      {:refused, reason} -> refuse(config, client, source, reason)
    end
  end

  defp begin(config, client, source, place) do
    with {:ok, socket} <- Handshake.tls(client, config),
         {:ok, session} <- start(config, socket, source) do
      Door.pass(config, place, session)
    else
      {:error, reason} ->
        Door.leave(config, place)
        refuse(config, client, source, reason)
    end
  end

  defp start(config, socket, {address, port}) do
    supervisor = Instance.via(config.name, :session_supervisor)

    with {:ok, pid} <- DynamicSupervisor.start_child(supervisor, {Session, {config, address, port}}) do
      case Transport.hand_over(socket, pid) do
        :ok -> send(pid, {:socket, socket})
        {:error, _} -> send(pid, :no_socket)
      end

      {:ok, pid}
    end
  end

  defp refuse(config, client, {address, _port}, reason) do
    Telemetry.execute(:session, :refused, %{count: 1}, %{station: config.name, address: address, reason: reason})
    Logger.warning("connection of #{:inet.ntoa(address)} refused: #{text(reason, address, config)}")
    :gen_tcp.close(client)
  end

  # An IPv4 router on an IPv6 socket is an IPv4 router.
  defp unmapped({0, 0, 0, 0, 0, 0xFFFF, high, low}) do
    <<a, b, c, d>> = <<high::16, low::16>>
    {a, b, c, d}
  end

  defp unmapped(address), do: address

  defp text(:source, address, _config),
    do: "it is not among :allow; to let it in, add #{:inet.ntoa(address)} or its prefix there (mix bmp.station --allow)"

  defp text(reason, _address, config) when reason in [:limit, :max_children],
    do: "there are #{config.max_sessions} sessions, as many as :max_sessions allows"

  defp text(:source_limit, _address, config),
    do: "it has #{config.max_sessions_per_source} sessions, as many as :max_sessions_per_source allows"

  defp text(:source_rate, _address, _config), do: "it connects more often than :connects_per_second allows"
  defp text(:proxy_header, _address, _config), do: "a balancer has to begin with a PROXY protocol header"
  defp text(:tls, _address, _config), do: "the TLS handshake failed"
  defp text(:handshake_timeout, _address, _config), do: "it did not finish its handshake within :handshake_timeout"
  defp text(reason, _address, _config), do: inspect(reason)
end
