defmodule ServiceRadar.BMPWeb.Server.Httpd do
  @moduledoc """
  The static application and its endpoints without any package: on `:httpd`, the HTTP server of OTP's inets.

      children = [ServiceRadar.BMP, {ServiceRadar.BMPWeb.Server.Httpd, port: 4000}]

  Options:

  * `:ip` - address to listen on, text or tuple; default `"127.0.0.1"`. **There is no login**: who reaches another
    address sees the pages
  * `:port` - TCP port; default 4000, 0 for a free one (`url/1` tells which)
  * `:station` - name of the station to show; default `ServiceRadar.BMP`
  * `:host` - a further name that browsers may know it by. On a loopback address it answers to this name and to those
    of the address only, so that no site whose name is made to resolve to it can be asked from a browser (DNS rebinding)
  """
  use Supervisor

  require Record

  alias ServiceRadar.BMP.Prefix
  alias ServiceRadar.BMPWeb.{API, App}
  alias ServiceRadar.BMPWeb.Server.URL

  @options [ip: "127.0.0.1", port: 4000, station: ServiceRadar.BMP, host: nil]

  # Of inets' httpd.hrl, which is not installed everywhere that inets is.
  Record.defrecordp(:request, :mod, [
    :init_data,
    :data,
    :socket_type,
    :socket,
    :config_db,
    :method,
    :absolute_uri,
    :request_uri,
    :http_version,
    :request_line,
    :parsed_header,
    :entity_body,
    :connection
  ])

  @doc "Starts it. Wrong options are `{:error, %ArgumentError{}}`."
  @spec start_link(keyword) :: Supervisor.on_start()
  def start_link(options \\ []) do
    with {:ok, options} <- check(options), do: Supervisor.start_link(__MODULE__, options)
  end

  @doc "Where the pages are."
  @spec url(pid) :: String.t()
  def url(server) do
    [{:httpd, httpd, _, _}] = Supervisor.which_children(server)
    [{{_instance, address, port, _profile}, _, _, _}] = Supervisor.which_children(httpd)
    URL.of(address, port)
  end

  @impl true
  def init(options) do
    # What a request needs to be answered; httpd hands its configuration to every one.
    bmp = %{
      app: App.read(),
      station: options[:station],
      secret: :crypto.strong_rand_bytes(32),
      hosts: hosts(options)
    }

    # httpd wants folders, and serves nothing from them: our module is the only one.
    folder = to_charlist(System.tmp_dir!())

    configuration = [
      port: options[:port],
      bind_address: options[:ip],
      ipfamily: if(tuple_size(options[:ip]) == 8, do: :inet6, else: :inet),
      server_name: ~c"bmp",
      server_root: folder,
      document_root: folder,
      server_tokens: :none,
      modules: [__MODULE__],
      max_header_size: 16_384,
      max_body_size: 1,
      max_clients: 200,
      bmp: bmp
    ]

    httpd = %{id: :httpd, start: {:inets, :start, [:httpd, configuration, :stand_alone]}, type: :supervisor}
    Supervisor.init([httpd], strategy: :one_for_one)
  end

  # nil for any name.
  defp hosts(options) do
    case options[:ip] do
      {127, _, _, _} = ip -> ["localhost", "127.0.0.1", "#{:inet.ntoa(ip)}", options[:host]]
      {0, 0, 0, 0, 0, 0, 0, 1} -> ["localhost", "[::1]", options[:host]]
      _ -> nil
    end
  end

  @doc false
  # A module of httpd: called with each request, in the process of its connection.
  def unquote(:do)(request() = request) do
    bmp = :httpd_util.lookup(request(request, :config_db), :bmp)
    method = request(request, :method)
    uri = request |> request(:request_uri) |> to_string() |> URI.parse()
    path = (uri.path || "/") |> String.split("/", trim: true) |> Enum.map(&URI.decode/1)

    response =
      if known_host?(request, bmp.hosts),
        do: answer(path, uri.query, to_string(method), bmp),
        else: API.problem(421, "These pages are not known by this name: see the option :host.")

    proceed =
      if response[:stream], do: stream(request, response), else: {:response, head(response), body(method, response)}

    {:proceed, [response: proceed]}
  end

  # httpd would send the body of a HEAD, too.
  defp body(~c"HEAD", _response), do: []
  defp body(_method, response), do: response.body

  # In chunks of HTTP/1.1, for as long as the client reads. Its connection is closed after it.
  @longest_wait 30_000

  defp stream(request, response) do
    socket = request(request, :socket)
    headers = for {name, value} <- response.headers, do: [name, ": ", value, "\r\n"]
    :ok = :inet.setopts(socket, send_timeout: @longest_wait, send_timeout_close: true, nodelay: true)
    head = ["HTTP/1.1 200 OK\r\n", headers, "transfer-encoding: chunked\r\nconnection: close\r\n\r\n"]

    if :gen_tcp.send(socket, head) == :ok and request(request, :method) != ~c"HEAD" do
      response.stream.(&chunk(socket, &1))
      :gen_tcp.send(socket, "0\r\n\r\n")
    end

    :gen_tcp.close(socket)
    {:already_sent, 200, 0}
  end

  defp chunk(socket, octets) do
    size = octets |> IO.iodata_length() |> Integer.to_string(16)
    if :gen_tcp.send(socket, [size, "\r\n", octets, "\r\n"]) == :ok, do: :ok, else: :error
  end

  defp known_host?(_request, nil), do: true

  defp known_host?(request, hosts) do
    host = for {~c"host", host} <- request(request, :parsed_header), do: to_string(host)
    match?([_], host) and Regex.replace(~r/:\d+$/, hd(host), "") in hosts
  end

  defp answer(["api", "v1" | path], query, method, bmp) do
    API.respond(%{
      method: method,
      path: path,
      params: parameters(query || ""),
      base: API.mount(),
      station: bmp.station,
      secret: bmp.secret
    })
  end

  defp answer(path, _query, method, bmp) when method in ["GET", "HEAD"],
    do: App.respond(bmp.app, path) || API.problem(404, "There is no such page.")

  defp answer(_path, _query, _method, _bmp), do: API.problem(405, "Only GET and HEAD.", [{"allow", "GET, HEAD"}])

  defp parameters(query) do
    for {name, value} <- URI.query_decoder(query), String.valid?(name), into: %{}, do: {name, value}
  end

  # httpd takes some names of headers as atoms, and others as text.
  defp head(response) do
    headers = for {name, value} <- response.headers, do: header(name, to_charlist(value))
    [{:code, response.status}, {:content_length, response.body |> IO.iodata_length() |> to_charlist()} | headers]
  end

  defp header("content-type", value), do: {:content_type, value}
  defp header("cache-control", value), do: {:cache_control, value}
  defp header("allow", value), do: {:allow, value}
  defp header(name, value), do: {to_charlist(name), value}

  defp check(options) do
    options = Keyword.merge(@options, options)
    unknown = Keyword.keys(options) -- Keyword.keys(@options)

    case Prefix.address(options[:ip]) do
      _ when unknown != [] -> wrong("unknown option #{inspect(hd(unknown))}")
      :error -> wrong("option :ip is an address, not #{inspect(options[:ip])}")
      {:ok, ip} -> if(options[:port] in 0..65_535, do: {:ok, Keyword.put(options, :ip, ip)}, else: port(options))
    end
  end

  defp port(options), do: wrong("option :port is an integer from 0 to 65535, not #{inspect(options[:port])}")
  defp wrong(text), do: {:error, %ArgumentError{message: text}}
end
