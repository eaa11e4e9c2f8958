defmodule ServiceRadar.BMP.Listener.Handshake do
  @moduledoc false
  # What comes before BMP: a balancer's PROXY header, and TLS. Both within a time.

  alias ServiceRadar.BMP.{Config, Native}

  # With all that a balancer may add to the addresses.
  @longest 4096

  @doc """
  Reads the PROXY header of a connection and nothing after it: the router's address and port; `:local` is a balancer that
  speaks for itself, such as a health check.
  """
  @spec proxy(:gen_tcp.socket(), Config.t()) ::
          {:ok, {:inet.ip_address(), :inet.port_number()}} | :local | {:error, :proxy_header | :handshake_timeout}
  def proxy(socket, config), do: proxy(socket, deadline(config), "")

  defp proxy(_socket, _deadline, octets) when byte_size(octets) >= @longest, do: {:error, :proxy_header}

  # One octet at a time, for what follows is not ours: it may be TLS.
  defp proxy(socket, deadline, octets) do
    case :gen_tcp.recv(socket, 1, left(deadline)) do
      {:ok, octet} ->
        octets = octets <> octet

        case Native.proxy_header(octets) do
          :partial -> proxy(socket, deadline, octets)
          {:ok, nil} -> :local
          {:ok, source} -> {:ok, source}
          _ -> {:error, :proxy_header}
        end

      {:error, :timeout} ->
        {:error, :handshake_timeout}

      {:error, _} ->
        {:error, :proxy_header}
    end
  end

  @doc "The connection as routers speak over it."
  @spec tls(:gen_tcp.socket(), Config.t()) ::
          {:ok, :gen_tcp.socket() | :ssl.sslsocket()} | {:error, :tls | :handshake_timeout}
  def tls(socket, %Config{tls: nil}), do: {:ok, socket}

  def tls(socket, %Config{tls: options} = config) do
    case :ssl.handshake(socket, options, config.handshake_timeout) do
      {:ok, tls} -> {:ok, tls}
      {:error, :timeout} -> {:error, :handshake_timeout}
      {:error, _alert} -> {:error, :tls}
    end
  end

  @doc "Options of `:ssl` from those of the station, or what is wrong with them."
  @spec options(keyword) :: {:ok, keyword} | {:error, String.t()}
  def options(given) do
    with {:ok, given} <- Keyword.validate(given, [:certfile, :keyfile, :cacertfile]),
         {:certfile, true} <- {:certfile, readable?(given[:certfile])},
         {:keyfile, true} <- {:keyfile, readable?(given[:keyfile])},
         {:cacertfile, true} <- {:cacertfile, given[:cacertfile] == nil or readable?(given[:cacertfile])} do
      clients = if given[:cacertfile], do: [verify: :verify_peer, fail_if_no_peer_cert: true], else: []
      {:ok, [versions: [:"tlsv1.2", :"tlsv1.3"], log_level: :error] ++ clients ++ given}
    else
      {:error, unknown} -> {:error, "unknown #{inspect(unknown)}; known are :certfile, :keyfile, :cacertfile"}
      {key, false} -> {:error, "#{inspect(key)} is the path of a PEM file that can be read, not #{inspect(given[key])}"}
    end
  end

  defp readable?(path), do: is_binary(path) and match?({:ok, _}, File.read(path))

  defp deadline(config), do: System.monotonic_time(:millisecond) + config.handshake_timeout
  defp left(deadline), do: max(deadline - System.monotonic_time(:millisecond), 0)
end
