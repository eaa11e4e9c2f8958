defmodule Mix.Tasks.Bmp.Station do
  @shortdoc "Starts a BMP station that routers can connect to"
  @moduledoc """
  Starts a BMP station on its embedded defaults: batches go through a queue in this VM, routes are kept in memory, no
  server is needed. It stays up until it is stopped with Ctrl-C, twice.

      mix bmp.station [--port 11019] [--ip ADDRESS] [--allow PREFIX]… [--tee HOST:PORT]… [--sample] [--play FILE] [--ocsf FILE] [--insight FILE] [--web PORT] [--plain]

  * `--port` - TCP port for routers; default 11019, 0 for a free one
  * `--ip` - address to listen on; default all
  * `--allow` - address or prefix that may connect besides this machine itself; may be repeated
  * `--tee` - a further station that hears what each router says, octet by octet; may be repeated
  * `--sample` - plays the capture that ships with the package, recorded from a live FRR router, to the station
  * `--play` - plays a file, raw BMP or gzip of it
  * `--ocsf` - appends OCSF events to a file, one JSON object a line
  * `--insight` - configuration of what is concluded (`ServiceRadar.BMP.Insight`); without, every rule is as it is built in
  * `--web` - port of the pages; default 4000, 0 for a free one. They are on 127.0.0.1 only
  * `--plain` - lines in place of the live table; so it is by itself where the output is no terminal

  A router is pointed at it like this (FRR):

      router bgp 65000
       bmp targets station
        bmp connect 192.0.2.1 port 11019 min-retry 1000 max-retry 10000
        bmp monitor ipv4 unicast pre-policy
        bmp monitor ipv4 unicast post-policy
  """
  use Mix.Task

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Replay, Terminal}
  alias ServiceRadar.BMPWeb.Server.Httpd

  @switches [
    port: :integer,
    ip: :string,
    allow: :keep,
    tee: :keep,
    sample: :boolean,
    play: :keep,
    ocsf: :string,
    insight: :string,
    web: :integer,
    plain: :boolean
  ]

  @impl true
  def run(arguments) do
    {options, rest, unknown} = OptionParser.parse(arguments, strict: @switches)
    if unknown != [], do: Mix.raise("unknown or wrong option #{unknown |> hd() |> elem(0)}: see mix help bmp.station")
    if rest != [], do: Mix.raise("#{hd(rest)} is no option: see mix help bmp.station")

    # What is played is read first: a wrong file is said before anything starts.
    plays = if(options[:sample], do: [Replay.sample()], else: []) ++ Keyword.get_values(options, :play)
    streams = for path <- plays, do: read!(path)

    Mix.Task.run("app.start")
    monitor = start!(station_options(options, plays))
    web = web(options)

    address = {127, 0, 0, 1}
    for messages <- streams, do: {:ok, _} = Replay.start_link(address, BMP.port(), messages)
    {:ok, _} = Terminal.start_link(plain: options[:plain], web: web, playing: plays)
    unless iex?(), do: stay(monitor)
  end

  @spec stay(reference) :: no_return
  defp stay(monitor) do
    receive do
      {:DOWN, ^monitor, :process, _, reason} when reason not in [:shutdown, :normal] ->
        Mix.raise("the station died: #{inspect(reason)}")
    end
  end

  defp station_options(options, plays) do
    allow = ["127.0.0.0/8", "::1" | Keyword.get_values(options, :allow)]
    tee = [to: Keyword.get_values(options, :tee)]
    insight = options[:insight] || Application.app_dir(:serviceradar_bmp, insight(plays))
    [{:allow, allow}, {:tee, tee}, {:insight, insight} | Keyword.take(options, [:port, :ip, :ocsf])]
  end

  # Messages that are played are old, and say nothing of a router's clock.
  defp insight([]), do: "priv/insight.json"
  defp insight(_plays), do: "priv/sample/insight.json"

  defp start!(options) do
    # Under the application, so that a SIGTERM drains it.
    case Supervisor.start_child(BMP.Application.Supervisor, {BMP, options}) do
      {:ok, pid} -> Process.monitor(pid)
      {:error, reason} -> Mix.raise("the station does not start: " <> explain(reason))
    end
  end

  defp explain({reason, child}) when elem(child, 0) == :child, do: explain(reason)
  defp explain({:shutdown, {:failed_to_start_child, _child, reason}}), do: explain(reason)
  defp explain({:EXIT, reason}), do: explain(reason)
  defp explain({%{__exception__: true} = error, _stack}), do: Exception.message(error)
  defp explain(%{__exception__: true} = error), do: Exception.message(error)
  defp explain(reason) when is_atom(reason), do: "#{:inet.format_error(reason)}"
  defp explain(reason), do: inspect(reason)

  # LiveView's pages where this build has them, else the static application.
  defp web(options) do
    pages = ServiceRadar.BMPWeb.Standalone

    # LiveView's is not there in the core build: a plain call would be a warning.
    if Code.ensure_loaded?(pages),
      do: web(pages, fn _pid -> apply(pages, :url, []) end, options),
      else: web(Httpd, &Httpd.url/1, options)
  end

  defp web(server, url, options) do
    case Supervisor.start_child(BMP.Application.Supervisor, {server, port: options[:web] || 4000}) do
      {:ok, pid} ->
        url.(pid)

      {:error, reason} ->
        Mix.raise("the pages do not start: #{explain(reason)} (--web chooses another port, 0 a free one)")
    end
  end

  defp read!(path) do
    case Replay.messages(path) do
      {:ok, messages} -> messages
      {:error, text} -> Mix.raise(text)
    end
  end

  defp iex?, do: Code.ensure_loaded?(IEx) and IEx.started?()
end
