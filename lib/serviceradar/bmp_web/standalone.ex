if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.Standalone do
    @moduledoc """
    The pages without a host application: an endpoint of their own, on Bandit.

        children = [ServiceRadar.BMP, {ServiceRadar.BMPWeb.Standalone, port: 4000}]

    Options:

    * `:ip` - address to listen on, text or tuple; default `"127.0.0.1"`. **There is no login**: who reaches another
      address sees the pages
    * `:port` - TCP port; default 4000, 0 for a free one (`url/0` tells which)
    * `:host` - name that browsers know it by; default `"localhost"`. On a loopback address it answers to this name and
      to localhost only; on others to any, and its WebSocket to pages of the same host and port
    * `:secret_key_base` - at least 64 bytes; default made at each start: sessions of browsers end with it, and their
      pages load again by themselves

    It shows the station `ServiceRadar.BMP`. There is one in a VM.
    """
    use Supervisor

    alias ServiceRadar.BMP.Prefix
    alias ServiceRadar.BMPWeb.{Endpoint, Server}

    @options [ip: "127.0.0.1", port: 4000, host: "localhost", secret_key_base: nil]

    @doc "Starts it. Wrong options are `{:error, %ArgumentError{}}`."
    @spec start_link(keyword) :: Supervisor.on_start()
    def start_link(options \\ []) do
      with {:ok, options} <- check(options), do: Supervisor.start_link(__MODULE__, options, name: __MODULE__)
    end

    @doc "Where the pages are."
    @spec url :: String.t()
    def url do
      {:ok, {address, port}} = Endpoint.server_info(:http)
      Server.URL.of(address, port)
    end

    @impl true
    def init(options) do
      # Phoenix reads an endpoint's configuration here, and warns where there is none.
      Application.put_env(:serviceradar_bmp, Endpoint, configuration(options))
      Supervisor.init([{Phoenix.PubSub, name: ServiceRadar.BMPWeb.PubSub}, Endpoint], strategy: :one_for_one)
    end

    defp configuration(options) do
      [
        adapter: Bandit.PhoenixAdapter,
        http: [ip: options[:ip], port: options[:port], startup_log: false],
        url: [host: options[:host], port: options[:port]],
        server: true,
        check_origin: origins(options),
        known_hosts: hosts(options),
        secret_key_base: options[:secret_key_base] || Base.encode64(:crypto.strong_rand_bytes(48)),
        live_view: [signing_salt: "bmp pages"],
        pubsub_server: ServiceRadar.BMPWeb.PubSub,
        render_errors: [formats: [html: ServiceRadar.BMPWeb.ErrorHTML], layout: false]
      ]
    end

    # Another site's script, run in the browser of somebody who can reach the pages, is not let in.
    defp origins(options) do
      case hosts(options) do
        nil -> :conn
        hosts -> Enum.map(hosts, &("//" <> &1))
      end
    end

    # What it is called on a loopback address; nil for any name.
    defp hosts(options) do
      case options[:ip] do
        {127, _, _, _} = ip -> Enum.uniq(["localhost", "127.0.0.1", "#{:inet.ntoa(ip)}", options[:host]])
        {0, 0, 0, 0, 0, 0, 0, 1} -> Enum.uniq(["localhost", "[::1]", options[:host]])
        _ -> nil
      end
    end

    defp check(options) do
      options = Keyword.merge(@options, options)
      unknown = Keyword.keys(options) -- Keyword.keys(@options)
      %{ip: ip, port: port, secret_key_base: secret} = Map.new(options)

      case Prefix.address(ip) do
        _ when unknown != [] -> wrong("unknown option #{inspect(hd(unknown))}")
        :error -> wrong("option :ip is an address, not #{inspect(ip)}")
        _ when port not in 0..65_535 -> wrong("option :port is an integer from 0 to 65535, not #{inspect(port)}")
        _ when secret != nil and byte_size(secret) < 64 -> wrong("option :secret_key_base has at least 64 bytes")
        {:ok, ip} -> {:ok, Keyword.put(options, :ip, ip)}
      end
    end

    defp wrong(text), do: {:error, %ArgumentError{message: text}}
  end
end
