defmodule ServiceRadar.BMP.Terminal do
  @moduledoc false
  # What `mix bmp.station` shows: a live table of routers, peers and the latest changes where the output is a
  # terminal, lines where it is not.
  use GenServer

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Events, Instance}

  @redraw 500
  @kept_changes 200
  @home "\e[H"
  @clear_line "\e[K"
  @clear_below "\e[J"

  def start_link(options), do: GenServer.start_link(__MODULE__, options)

  @impl true
  def init(options) do
    # A subscription is a link to the registry, which stops before us.
    Process.flag(:trap_exit, true)
    Events.subscribe()
    terminal? = match?({:ok, _}, :io.columns()) and not (options[:plain] || false)
    state = %{terminal?: terminal?, lines: [], web: options[:web], counts: nil, shown: false}

    if terminal? do
      # Log lines would tear the table apart; they are shown in it.
      for id <- :logger.get_handler_ids(), do: :logger.remove_handler(id)
      :ok = :logger.add_handler(__MODULE__, __MODULE__, %{level: :warning, config: %{to: self()}})
      IO.write("\e[2J")
    else
      IO.puts(heading(state))
      for path <- options[:playing] || [], do: IO.puts("playing #{Path.basename(path)}")
    end

    Process.send_after(self(), :draw, @redraw)
    {:ok, state}
  end

  @impl true
  def handle_info({:bmp_changes, changes}, state) do
    events = Enum.map(changes.events, &event_line/1)
    routes = Enum.map(changes.routes, &route_line/1)
    unless state.terminal?, do: Enum.each(events, &IO.puts/1)
    lines = Enum.reverse(routes) ++ Enum.reverse(events) ++ state.lines
    {:noreply, %{state | lines: Enum.take(lines, @kept_changes)}}
  end

  def handle_info(:draw, state) do
    Process.send_after(self(), :draw, @redraw)

    cond do
      Instance.whereis(BMP, :listener) == nil -> {:noreply, state}
      state.terminal? -> {:noreply, draw(state)}
      true -> {:noreply, tell(state)}
    end
  end

  def handle_info({:log, line}, state), do: {:noreply, %{state | lines: [line | state.lines]}}
  def handle_info({:EXIT, _from, _reason}, state), do: {:stop, :normal, state}
  def handle_info(_other, state), do: {:noreply, state}

  # A handler of :logger.
  def log(%{level: level} = event, %{config: %{to: pid}}) do
    text = :logger_formatter.format(event, %{single_line: true, template: [:msg]})
    send(pid, {:log, "#{time(System.system_time(:microsecond))}  #{level}: #{text}"})
  end

  # Without a terminal: what there is, each time it has changed.
  defp tell(state) do
    {:ok, counts} = BMP.counts()

    if counts != state.counts and counts != %{routers: 0, peers: 0, routes: 0} do
      IO.puts(sizes(counts))
    end

    # Two times the same: the stream has come to rest, and the tables are worth showing.
    if counts == state.counts and not state.shown and counts.routes > 0 do
      Enum.each(peers_table(100) ++ [""] ++ routes_table(10, 100), &IO.puts/1)
      %{state | shown: true}
    else
      %{state | counts: counts, shown: state.shown and counts == state.counts}
    end
  end

  defp draw(state) do
    {:ok, columns} = :io.columns()
    rows = with {:error, _} <- :io.rows(), do: {:ok, 24}
    {:ok, rows} = rows

    peers = peers_table(columns)
    left = max(0, rows - length(peers) - 5)
    routes = routes_table(div(left, 2), columns)
    changes = ["", bold("Latest changes") | Enum.take(state.lines, max(0, left - length(routes)))]

    screen =
      ([heading(state), ""] ++ peers ++ [""] ++ routes ++ changes)
      |> Enum.take(rows - 1)
      |> Enum.map_intersperse("\r\n", &[cut(&1, columns), @clear_line])

    IO.write([@home, screen, @clear_below])
    state
  end

  defp heading(state) do
    {:ok, counts} = BMP.counts()

    web = if state.web, do: ", pages on #{state.web}", else: ""

    "ServiceRadar BMP station on port #{BMP.port()}#{web}: " <>
      "#{count(length(BMP.sessions()), "session")}, #{sizes(counts)}"
  end

  defp sizes(counts),
    do:
      Enum.map_join([routers: "router", peers: "peer", routes: "route"], ", ", fn {key, one} ->
        count(counts[key], one)
      end)

  defp count(1, one), do: "1 #{one}"
  defp count(number, one), do: "#{number} #{one}s"

  defp peers_table(columns) do
    {:ok, peers} = BMP.peers()

    rows =
      for peer <- Enum.sort_by(peers, &{&1.router, &1.address, &1.peer_type}) do
        [peer.router, text(peer.address), peer.asn, peer.state, peer.routes, peer.down_reason || ""]
      end

    table(["ROUTER", "PEER", "AS", "STATE", "ROUTES", "DOWN BECAUSE"], rows, columns)
  end

  defp routes_table(limit, columns) when limit > 1 do
    {:ok, routes, _} = BMP.routes(limit: limit - 1)

    rows =
      for route <- routes do
        [text(route.nlri_text || route.prefix), route.view, text(route.peer), text(route.next_hop), route.as_path_text]
      end

    table(["PREFIX", "VIEW", "PEER", "NEXT HOP", "AS PATH"], rows, columns)
  end

  defp routes_table(_, _), do: []

  # Columns as wide as their widest cell.
  defp table(head, rows, columns) do
    rows = Enum.map(rows, fn row -> Enum.map(row, &text/1) end)
    widths = Enum.zip_with([head | rows], fn cells -> cells |> Enum.map(&String.length/1) |> Enum.max() end)

    line = fn row ->
      row |> Enum.zip_with(widths, &String.pad_trailing/2) |> Enum.join("  ") |> String.trim_trailing()
    end

    [bold(cut(line.(head), columns)) | Enum.map(rows, line)]
  end

  defp event_line(event) do
    [time(event.received_at_us), event.kind, event.router, text(event[:peer]), event[:reason]]
    |> Enum.reject(&(&1 in [nil, ""]))
    |> Enum.join("  ")
  end

  defp route_line(route) do
    [
      time(route.received_at_us),
      route.change,
      text(route.nlri_text || route.prefix),
      route.view,
      "from #{text(route.peer)}",
      route[:as_path_text]
    ]
    |> Enum.reject(&(&1 in [nil, ""]))
    |> Enum.join("  ")
  end

  defp time(us), do: us |> DateTime.from_unix!(:microsecond) |> Calendar.strftime("%H:%M:%S")

  defp text(nil), do: ""
  defp text(address) when is_tuple(address), do: to_string(:inet.ntoa(address))
  defp text(other), do: to_string(other)

  defp cut(line, columns), do: if(String.starts_with?(line, "\e"), do: line, else: String.slice(line, 0, columns))
  defp bold(line), do: if(IO.ANSI.enabled?(), do: "\e[1m#{line}\e[0m", else: line)
end
