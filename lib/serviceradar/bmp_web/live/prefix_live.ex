if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.PrefixLive do
    @moduledoc false
    # One prefix through time, over all peers: as a plot, as a list, and played back.
    use ServiceRadar.BMPWeb, :live_view

    alias ServiceRadar.BMP.Prefix
    alias ServiceRadar.BMPWeb.{Differences, Timeline}

    @spans [
      {"1h", "1 hour", 3_600},
      {"24h", "24 hours", 86_400},
      {"7d", "7 days", 604_800},
      {"30d", "30 days", 2_592_000}
    ]
    @span "24h"
    # Changes that a page shows, and lanes that are drawn.
    @most 500
    @lanes 60
    # How long a moment is shown when it is played back, in ms.
    @step 700

    # The plot's own units.
    @width 1000

    @impl Phoenix.LiveView
    def mount(_params, _session, socket) do
      {:ok,
       assign(socket, page_title: "Prefix", prefix: nil, wrong: nil, span: @span, answer: nil, at: nil, playing: false)}
    end

    @impl Phoenix.LiveView
    def handle_params(params, _uri, socket) do
      span = if Enum.any?(@spans, &(elem(&1, 0) == params["span"])), do: params["span"], else: @span
      socket = assign(socket, span: span, answer: nil, at: nil, playing: false)

      case asked(params["prefix"]) do
        {:ok, prefix} ->
          {:noreply, socket |> assign(prefix: prefix, wrong: nil, page_title: to_string(prefix)) |> Live.load(:later)}

        nil ->
          {:noreply, assign(socket, prefix: nil, wrong: nil, loading: false)}

        :error ->
          {:noreply, assign(socket, prefix: nil, wrong: params["prefix"], loading: false)}
      end
    end

    defp asked(text) when is_binary(text) and text != "", do: text |> String.trim() |> Prefix.parse()
    defp asked(_none), do: nil

    @impl Phoenix.LiveView
    def handle_event("search", %{"prefix" => prefix, "span" => span}, socket),
      do: {:noreply, push_patch(socket, to: Paths.prefix(socket.assigns.base, String.trim(prefix), span))}

    def handle_event("moment", %{"moment" => text}, socket) do
      with {number, ""} <- Integer.parse(text),
           %{moments: moments} <- socket.assigns.answer,
           at when at != nil <- Enum.at(moments, number) do
        {:noreply, assign(socket, at: at, playing: false)}
      else
        _ -> {:noreply, socket}
      end
    end

    def handle_event("play", _params, %{assigns: %{playing: true}} = socket),
      do: {:noreply, assign(socket, playing: false)}

    def handle_event("play", _params, %{assigns: %{answer: %{moments: [first | _] = moments}}} = socket) do
      Process.send_after(self(), :step, @step)
      at = if socket.assigns.at in [nil, List.last(moments)], do: first, else: socket.assigns.at
      {:noreply, assign(socket, playing: true, at: at)}
    end

    def handle_event("play", _params, socket), do: {:noreply, socket}

    @impl Phoenix.LiveView
    def handle_info(:step, %{assigns: %{playing: true, answer: %{moments: moments}, at: at}} = socket) do
      case Enum.find(moments, &(&1 > at)) do
        nil ->
          {:noreply, assign(socket, playing: false)}

        next ->
          Process.send_after(self(), :step, @step)
          {:noreply, assign(socket, at: next)}
      end
    end

    def handle_info(_other, socket), do: {:noreply, socket}

    @impl Live
    def fetch(%{prefix: nil}), do: fn -> {:ok, nil} end

    def fetch(%{station: station, prefix: prefix, span: span}) do
      fn ->
        until = DateTime.utc_now()
        {_, _, seconds} = List.keyfind(@spans, span, 0)
        from = DateTime.add(until, -seconds, :second)

        with {:ok, changes, more} <- BMP.history(station, prefix: prefix, from: from, limit: @most),
             # Of more changes than are shown the plot begins where the list does.
             from = if(more, do: DateTime.from_unix!(List.last(changes).received_at_us - 1, :microsecond), else: from),
             {:ok, before, _} <- BMP.routes_at(station, from, prefix: prefix, limit: 1) do
          {:ok,
           drawn(
             before,
             changes,
             more != nil,
             DateTime.to_unix(from, :microsecond),
             DateTime.to_unix(until, :microsecond)
           )}
        else
          {:error, :not_kept} -> {:ok, :not_kept}
          error -> error
        end
      end
    end

    # Where nothing was there before, the plot begins shortly before the first change.
    defp drawn([], [_ | _] = changes, more?, from_us, until_us) do
      first_us = List.last(changes).received_at_us
      plot([], changes, more?, max(from_us, first_us - max(1_000_000, div(until_us - first_us, 20))), until_us)
    end

    defp drawn(before, changes, more?, from_us, until_us), do: plot(before, changes, more?, from_us, until_us)

    defp plot(before, changes, more?, from_us, until_us) do
      lanes = Timeline.lanes(before, changes, from_us, until_us)

      %{
        lanes: Enum.take(lanes, @lanes),
        hidden: max(0, length(lanes) - @lanes),
        paths: Timeline.paths(lanes),
        moments: Timeline.moments(lanes),
        changes: told(changes),
        more?: more?,
        from_us: from_us,
        until_us: until_us
      }
    end

    # Each change with what is different from the one before it of the same table.
    defp told(changes) do
      of_lanes =
        for {_, lane} <- Enum.group_by(changes, &Timeline.key/1),
            {change, differences} <- Differences.each(lane),
            into: %{} do
          {{Timeline.key(change), change.generation, change.sequence}, differences}
        end

      for change <- changes, do: {change, of_lanes[{Timeline.key(change), change.generation, change.sequence}]}
    end

    @impl Live
    def show(socket, answer, _fresh?), do: assign(socket, answer: answer)

    @impl Phoenix.LiveView
    def render(assigns) do
      assigns = assign(assigns, :width, @width)

      ~H"""
      <.shell
        base={@base}
        style?={@style?}
        here={:routes}
        title={if @prefix, do: to_string(@prefix), else: "A prefix through time"}
        up={{"Routes", Paths.routes(@base)}}
        paused={@paused}
        missed={@missed}
        error={@error}
        refused={@refused}
      >
        <form id="timeline" class="search short" phx-submit="search" phx-change="search" role="search" aria-label="Prefix through time">
          <div class={["field", "wide", @wrong && "wrong"]}>
            <label for="timeline-prefix">Prefix</label>
            <input
              type="search"
              id="timeline-prefix"
              name="prefix"
              value={@wrong || (@prefix && to_string(@prefix))}
              placeholder="192.0.2.0/24"
              phx-debounce="500"
              autocomplete="off"
              spellcheck="false"
              aria-invalid={@wrong && "true"}
              aria-describedby={@wrong && "timeline-wrong"}
              data-bmp-search
            />
            <p :if={@wrong} id="timeline-wrong" class="error" role="alert">Not an IPv4 or IPv6 prefix. Such as 192.0.2.0/24 or 2001:db8::/32.</p>
          </div>
          <div class="field">
            <label for="timeline-span">The last</label>
            <select id="timeline-span" name="span">
              <option :for={{value, name, _} <- spans()} value={value} selected={value == @span}>{name}</option>
            </select>
          </div>
        </form>

        <.empty :if={@answer == :not_kept} title="This station's store keeps no history.">
          <p>Postgres does: see the guide In ServiceRadar. What is there now is among the <.link navigate={Paths.routes(@base, prefix: @prefix)}>routes</.link>.</p>
        </.empty>
        <.empty :if={is_map(@answer) and @answer.lanes == []} title={"No table had #{@prefix} in this time."}>
          <p><.link navigate={Paths.routes(@base, prefix: @prefix, match: "covering")}>Search for what covers it</.link></p>
        </.empty>

        <section :if={is_map(@answer) and @answer.lanes != []} aria-labelledby="plot-title">
          <h2 id="plot-title">Which path each table had</h2>
          <figure class="timeline">
            <ul>
              <li :for={lane <- @answer.lanes}>
                <span>{lane.router} · <b class="mono">{Format.peer(lane.peer)}</b> · {Format.short_view(lane.view)}</span>
                <svg viewBox={"0 0 #{@width} 10"} preserveAspectRatio="none" aria-hidden="true">
                  <rect
                    :for={span <- lane.spans}
                    class={"path-#{min(@answer.paths[span.route.as_path], 6)}"}
                    x={x(@answer, span.from_us)}
                    y="0"
                    width={max(2, x(@answer, span.until_us) - x(@answer, span.from_us))}
                    height="10"
                  ><title>{path(span.route)}, from {Format.time(Format.datetime(span.from_us))} until {Format.time(Format.datetime(span.until_us))}</title></rect>
                  <line :if={@at} x1={x(@answer, @at)} x2={x(@answer, @at)} y1="0" y2="10" />
                </svg>
              </li>
            </ul>
            <figcaption>
              <span class="mono"><.time at={@answer.from_us} /></span>
              <span :for={{path, number} <- legend(@answer.paths)} class={["key", "path-#{number}"]}>{path(%{as_path: path})}</span>
              <span :if={map_size(@answer.paths) > 6} class="key path-6">{map_size(@answer.paths) - 6} more paths</span>
              <span class="mono"><.time at={@answer.until_us} /></span>
            </figcaption>
          </figure>
          <p :if={@answer.hidden > 0} class="dim">{Format.count(@answer.hidden)} more tables had it; the first {length(@answer.lanes)} are drawn.</p>

          <form id="moment" class="moment" phx-change="moment" aria-label="Play it back">
            <button type="button" phx-click="play" aria-pressed={to_string(@playing)}>{if @playing, do: "Stop", else: "Play"}</button>
            <input
              type="range"
              name="moment"
              min="0"
              max={length(@answer.moments) - 1}
              value={Enum.find_index(@answer.moments, &(&1 == (@at || List.last(@answer.moments))))}
              aria-label="Moment"
              aria-valuetext={@at && Format.time(Format.datetime(@at))}
            />
            <output><.time :if={@at} at={@at} /><span :if={!@at} class="dim">Move it to see what was there then</span></output>
          </form>

          <div :if={@at} class="table cards">
            <table id="then">
              <caption class="hidden">What was there at that moment</caption>
              <thead>
                <tr>
                  <th scope="col">View</th>
                  <th scope="col">Peer</th>
                  <th scope="col">Router</th>
                  <th scope="col">Next hop</th>
                  <th scope="col">AS path</th>
                </tr>
              </thead>
              <tbody>
                <tr :for={{lane, route} <- Timeline.at(@answer.lanes, @at)}>
                  <th scope="row" data-name="View">{Format.short_view(lane.view)}</th>
                  <td class="mono" data-name="Peer">{Format.peer(lane.peer)}</td>
                  <td data-name="Router">{lane.router}</td>
                  <td class="mono" data-name="Next hop">{Format.address(route.next_hop)}</td>
                  <td class="mono path" data-name="AS path">{path(route)}</td>
                </tr>
                <tr :if={Timeline.at(@answer.lanes, @at) == []}><td colspan="5">No table had it.</td></tr>
              </tbody>
            </table>
          </div>
        </section>

        <section :if={is_map(@answer) and @answer.changes != []} aria-labelledby="changes-title">
          <h2 id="changes-title">Every change</h2>
          <p :if={@answer.more?} class="dim">The latest {length(@answer.changes)}; there are more.</p>
          <div class="table cards">
            <table>
              <caption class="hidden">Every change, newest first</caption>
              <thead>
                <tr>
                  <th scope="col">Time (UTC)</th>
                  <th scope="col">Change</th>
                  <th scope="col">What is different</th>
                  <th scope="col">View</th>
                  <th scope="col">Peer and router</th>
                  <th scope="col">AS path</th>
                </tr>
              </thead>
              <tbody id="changes">
                <tr :for={{row, differences} <- @answer.changes}>
                  <td class="mono" data-name="Time (UTC)"><.time at={row.received_at_us} /></td>
                  <td data-name="Change">
                    <.change change={row.change} /><small :if={row.reason} class="why">{row.reason}</small>
                    <small :if={row.after_gap} class="why">found after a gap</small>
                  </td>
                  <td class="mono" data-name="Different"><.value :if={differences == []} value={nil} /><small :for={one <- differences} class="why">{one}</small></td>
                  <td data-name="View">{Format.short_view(row.view)}</td>
                  <td data-name="Peer">
                    <.link class="mono" navigate={Paths.peer(@base, row.peer_id)}>{Format.peer(row.peer)}</.link>
                    <small class="why">at {row.router}</small>
                  </td>
                  <td class="mono path" data-name="AS path">{if row.change != :withdraw, do: path(row)}</td>
                </tr>
              </tbody>
            </table>
          </div>
        </section>
      </.shell>
      """
    end

    defp spans, do: @spans

    defp x(%{from_us: from, until_us: until}, at),
      do: Float.round(@width * (at - from) / max(until - from, 1), 1)

    defp legend(paths), do: paths |> Enum.sort_by(&elem(&1, 1)) |> Enum.take(6)

    defp path(%{as_path_text: text}) when text not in [nil, ""], do: text
    defp path(%{as_path: [_ | _] = path}), do: Enum.join(path, " ")
    defp path(_own), do: "no AS"
  end
end
