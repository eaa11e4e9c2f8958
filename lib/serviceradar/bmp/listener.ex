defmodule ServiceRadar.BMP.Listener do
  @moduledoc false
  # Owns the listening socket; its acceptors hand each connection to a process of its own.
  use Supervisor

  alias ServiceRadar.BMP.{Config, Instance, Telemetry}
  alias ServiceRadar.BMP.Listener.{Acceptor, Door, TcpMd5}

  def start_link(%Config{} = config), do: Supervisor.start_link(__MODULE__, config)

  @impl true
  def init(config) do
    with {:ok, socket} <- :gen_tcp.listen(config.port, options(config)),
         {:ok, {address, port}} <- :inet.sockname(socket),
         :ok <- keys(socket, address, config.tcp_md5_keys) do
      {:ok, _} = Registry.register(Instance, {config.name, :listener}, port)
      metadata = %{station: config.name, address: address, port: port}
      Telemetry.execute(:listener, :started, %{count: 1}, metadata)

      name = Instance.via(config.name, :handshakes)
      handshakes = {DynamicSupervisor, name: name, max_children: config.max_sessions}

      acceptors = for n <- 1..config.acceptors, do: Supervisor.child_spec({Acceptor, {config, socket}}, id: n)

      Supervisor.init([{Door, config}, handshakes | acceptors],
        strategy: :one_for_one,
        max_restarts: 100,
        max_seconds: 10
      )
    else
      {:error, text} when is_binary(text) ->
        raise "option :tcp_md5_keys: #{text}"

      {:error, reason} ->
        # Without this text an operator reads a tuple: it is the failure seen most.
        raise "cannot listen on port #{config.port}: #{:inet.format_error(reason)}#{advice(reason)}"
    end
  end

  defp keys(_socket, _address, nil), do: :ok

  defp keys(socket, address, path) do
    family = if tuple_size(address) == 8, do: :inet6, else: :inet
    with {:ok, keys} <- TcpMd5.read(path), do: TcpMd5.set(socket, family, keys)
  end

  defp advice(:eaddrinuse), do: ". Stop the program that listens there, or choose another port; 0 is a free one"
  defp advice(:eaddrnotavail), do: ". The option ip has to be an address of this machine"
  defp advice(:eacces), do: ". Ports below 1024 need privileges: choose another port"
  defp advice(_reason), do: ""

  defp options(config) do
    family =
      case config.ip do
        # An IPv6 socket takes IPv4 too, unless the system has no IPv6 at all.
        :any -> if ipv6?(), do: [:inet6, ipv6_v6only: false], else: [:inet]
        ip when tuple_size(ip) == 8 -> [:inet6, ip: ip]
        ip -> [:inet, ip: ip]
      end

    family ++
      [
        :binary,
        packet: :raw,
        active: false,
        reuseaddr: true,
        nodelay: true,
        keepalive: true,
        backlog: 1024,
        buffer: config.session.read_bytes,
        # A router's last words are delivered even when it reset the connection behind them.
        show_econnreset: true
      ]
  end

  defp ipv6? do
    case :gen_tcp.listen(0, [:inet6]) do
      {:ok, socket} -> :gen_tcp.close(socket) == :ok
      {:error, _} -> false
    end
  end
end
