defmodule Mix.Tasks.Bmp.Parity do
  @shortdoc "Compares a router's own table with a running station's"
  @moduledoc """
  Compares a router's own table with what a running station holds of it.

      mix bmp.parity TABLE… --url postgres://bmp@db/bmp [--schema platform]
      mix bmp.parity TABLE… --node station@host [--cookie COOKIE] [--station NAME]

  `TABLE` is a file with the router's own table: `show bgp … json` of FRR, with or without `detail`, `… neighbors X routes`,
  `… neighbors X received-routes`; `gobgp … -j`; the text of BIRD's `show route all`. Several files of one view are compared
  as one table.

  Ours comes from the station's database (`--url`), or from the station itself, whatever its store, over Erlang distribution
  (`--node`).

  * `--router` - sysName or address of the router, where there are several
  * `--view` - `adj_rib_in_pre`, `adj_rib_in_post`, `adj_rib_out_pre`, `adj_rib_out_post` or `loc_rib`, where the table is another
    than its form says
  * `--peer` - the only peer that the table is about
  * `--family` - AFI/SAFI of an empty table, for example `1/1`
  * `--format` - `frr`, `gobgp` or `bird`
  * `--distinguisher` - of an L3VPN instance's peers
  * `--bmp` - a recording of the BMP session, raw or gzip: each difference then names the last message that spoke of the route
  * `--as-sent` - differences do not count where that message says what the station holds
  * `--json` - one JSON object with counts and every difference

  Exit status: 0 equal, 1 different, 2 they cannot be compared.
  """
  use Mix.Task

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.Parity

  @compared [
    router: :string,
    view: :string,
    peer: :string,
    family: :string,
    format: :string,
    distinguisher: :string,
    as_sent: :boolean
  ]
  @switches @compared ++
              [
                url: :string,
                schema: :string,
                node: :string,
                cookie: :string,
                station: :string,
                bmp: :string,
                json: :boolean
              ]

  @impl true
  def run(arguments) do
    Mix.Task.run("app.config")

    case compare(arguments) do
      {:ok, equal?, printed} ->
        IO.write(printed)
        unless equal?, do: exit({:shutdown, 1})

      {:error, reason} ->
        IO.puts(:stderr, "bmp.parity: #{reason}")
        exit({:shutdown, 2})
    end
  end

  defp compare(arguments) do
    with {:ok, options, tables} <- options(arguments),
         {:ok, tables} <- read_all(tables),
         {:ok, bmp} <- if(options[:bmp], do: read(options[:bmp]), else: {:ok, ""}),
         {:ok, pages} <- pages(options),
         compared = Keyword.take(options, Keyword.keys(@compared)) ++ [bmp: bmp],
         {:ok, equal?, json, text} <- Parity.compare(pages, tables, compared),
         do: {:ok, equal?, if(options[:json], do: json <> "\n", else: text)}
  end

  defp options(arguments) do
    case OptionParser.parse(arguments, strict: @switches) do
      {_, _, [{option, _} | _]} -> {:error, "unknown or wrong option #{option}: see mix help bmp.parity"}
      {_, [], []} -> {:error, "it needs a file with the router's table: see mix help bmp.parity"}
      {options, tables, []} -> {:ok, options, tables}
    end
  end

  defp read_all(paths) do
    Enum.reduce_while(paths, {:ok, []}, fn path, {:ok, texts} ->
      case read(path) do
        {:ok, text} -> {:cont, {:ok, texts ++ [text]}}
        error -> {:halt, error}
      end
    end)
  end

  defp read(path) do
    case File.read(path) do
      {:ok, <<0x1F, 0x8B, _::binary>> = bytes} -> {:ok, :zlib.gunzip(bytes)}
      {:ok, bytes} -> {:ok, bytes}
      {:error, reason} -> {:error, "#{path}: #{:file.format_error(reason)}"}
    end
  rescue
    ErlangError -> {:error, "#{path}: the gzip data is broken"}
  end

  defp pages(options) do
    case {options[:url], options[:node]} do
      {url, nil} when url != nil -> database(url, options[:schema] || "public")
      {nil, node} when node != nil -> station(node, options)
      _ -> {:error, "it needs either --url of the station's database or --node of the station"}
    end
  end

  # The tables alone are read: no process of a station is started.
  # Not our own Repo, which may be compiled after this.
  if Code.ensure_loaded?(Ecto.Adapters.Postgres) do
    defp database(url, schema) do
      alias ServiceRadar.BMP.{Config, Query, Repo, Store}
      {:ok, _} = Application.ensure_all_started(:postgrex)
      {:ok, _} = Application.ensure_all_started(:ecto_sql)

      with {:ok, config} <- Config.new(store: {Store.Postgres, repo: Repo, schema: schema}),
           {:ok, repo} <- Repo.start_link(url: url, name: nil, pool_size: 1, log: false) do
        Repo.put_dynamic_repo(repo)

        {:ok,
         fn query ->
           with {:ok, query} <- Query.new(query), do: Store.Postgres.routes(config, query)
         end}
      else
        {:error, reason} -> {:error, if(is_binary(reason), do: reason, else: inspect(reason))}
      end
    end
  else
    defp database(_url, _schema), do: {:error, "--url needs the full build; --node works in this one"}
  end

  defp station(node, options) do
    node = String.to_atom(node)
    station = name(options[:station])
    # Names are long where the station's is.
    names = if node |> to_string() |> String.contains?("."), do: :longnames, else: :shortnames
    own = :"bmp_parity_#{System.pid()}"

    with {:ok, _} <- distribute(own, names),
         _ = if(options[:cookie], do: Node.set_cookie(node, String.to_atom(options[:cookie]))),
         true <- Node.connect(node) do
      {:ok, &:erpc.call(node, BMP, :routes, [station, &1])}
    else
      _ -> {:error, "the node #{node} cannot be reached: is its name right, and the cookie the same?"}
    end
  end

  # `MyApp.BMP` or `:edge`, as it is written in code.
  defp name(nil), do: BMP
  defp name(":" <> text), do: text |> String.trim("\"") |> String.to_atom()
  defp name(text), do: Module.concat([text])

  @doc false
  def distribute(own, names) do
    {_, 0} = System.cmd("epmd", ["-daemon"])
    answering(50)
    if Node.alive?(), do: {:ok, node()}, else: Node.start(own, names)
  end

  # The daemon does not listen yet when the command that started it ends.
  defp answering(tries) do
    case System.cmd("epmd", ["-names"], stderr_to_stdout: true) do
      {_, status} when status != 0 and tries > 0 ->
        Process.sleep(100)
        answering(tries - 1)

      _ ->
        :ok
    end
  end
end
