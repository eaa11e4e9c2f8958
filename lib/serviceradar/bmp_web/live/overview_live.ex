if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.OverviewLive do
    @moduledoc false
    # Where one begins: how much there is, what needs a look, every router, and what happens at this moment.
    use ServiceRadar.BMPWeb, :live_view

    alias ServiceRadar.BMP.Insight
    import ServiceRadar.BMPWeb.{FlapsTable, Listing, SessionsTable}

    alias ServiceRadar.BMPWeb.{EventsTable, FlapsTable, Listing, SessionsTable, Sparkline}

    # Rows of the feed, and of those how many of the past.
    @feed 40
    @first 15
    # Routes that flap.
    @worst 5
    # So many events are read for those: most may be Ends of RIB, and several tell the same.
    @read 100

    @impl Phoenix.LiveView
    def mount(_params, _session, socket) do
      socket =
        socket
        |> assign(page_title: "Routers", counts: nil, totals: nil, sessions: [], feed?: false, alerts: nil)
        |> assign(flaps: [], health: [], next: nil, shown: [])
        |> assign(rate: Sparkline.new(System.monotonic_time(:second), 0))
        |> stream_configure(:feed, dom_id: & &1.id)
        |> stream(:feed, [])

      {:ok, socket}
    end

    @impl Phoenix.LiveView
    def handle_params(params, _uri, socket),
      do: {:noreply, socket |> assign(listing: Listing.read(socket, params, :routers)) |> Live.load()}

    @impl Live
    def fetch(%{station: station, feed?: feed?, listing: listing}) do
      fn ->
        with {:ok, routers, last} <- BMP.list_routers(station, Listing.options(listing)),
             {:ok, totals} <- BMP.totals(station),
             {:ok, counts} <- BMP.counts(station),
             {:ok, events} <- events(station, feed?),
             {:ok, letters} <- Live.kept(BMP.last_dead_letters(station, Enum.map(routers, & &1.router_id))),
             do:
               {:ok,
                %{
                  routers: routers,
                  last: last,
                  totals: totals,
                  counts: counts,
                  sessions: BMP.session_health(station),
                  letters: letters,
                  events: events,
                  flaps: FlapsTable.rows(BMP.flapping(station, limit: @worst), station),
                  alerts:
                    if(Insight.runs?(station), do: Enum.reject(Insight.alerts(station), &Map.get(&1, :muted, false)))
                }}
      end
    end

    # What the feed begins with.
    defp events(_station, true), do: {:ok, []}
    defp events(station, false), do: Live.kept(BMP.events(station, limit: @read))

    @impl Live
    def show(socket, answer, _fresh?) do
      socket
      |> first_feed(answer.events)
      |> assign(
        shown: answer.routers,
        next: Listing.next(socket.assigns.listing, answer.last, socket),
        totals: answer.totals,
        counts: answer.counts,
        sessions: answer.sessions,
        health: SessionsTable.rows(answer.routers, answer.sessions, answer.letters),
        alerts: answer.alerts,
        flaps: answer.flaps,
        rate: Sparkline.add(socket.assigns.rate, System.monotonic_time(:second), Live.told(socket))
      )
    end

    defp first_feed(%{assigns: %{feed?: false}} = socket, [_ | _] = events) do
      rows = for event <- events |> worth_telling() |> Enum.take(@first), do: %{feed_row(event) | fresh?: false}
      socket |> stream(:feed, rows, reset: true) |> assign(:feed?, true)
    end

    defp first_feed(socket, _events), do: socket

    @impl Live
    def changed(socket, changes) do
      routes = for change <- changes, route <- Enum.reverse(change.routes), do: feed_row(route)
      events = for change <- changes, event <- Enum.reverse(change.events), do: event
      events = for event <- worth_telling(events), do: feed_row(event)
      rows = Enum.take(events, @feed) ++ Enum.take(routes, @feed)
      rows = rows |> Enum.sort_by(& &1.at, :desc) |> Enum.take(@feed)

      rows
      |> Enum.reverse()
      |> Enum.reduce(socket, &stream_insert(&2, :feed, &1, at: 0, limit: @feed))
      |> assign(:feed?, socket.assigns.feed? or rows != [])
    end

    # Ends of RIB are on the page of events, and of their peer.
    defp worth_telling(events), do: events |> Enum.reject(&(&1.kind == "end_of_rib")) |> EventsTable.grouped()

    defp feed_row(%{change: change} = route),
      do: %{id: feed_id(), what: change, at: route.received_at_us, route: route, event: nil, fresh?: true}

    defp feed_row(%{kind: kind} = event),
      do: %{id: feed_id(), what: kind, at: event.received_at_us, route: nil, event: event, fresh?: true}

    defp feed_id, do: "feed-#{System.unique_integer([:positive])}"

    @impl Phoenix.LiveView
    def render(assigns) do
      ~H"""
      <.shell base={@base} style?={@style?} here={:overview} title="Routers" paused={@paused} missed={@missed} error={@error} refused={@refused}>
        <dl :if={@counts} class="tiles" aria-label="Totals">
          <.tile
            label="Routers connected"
            value={Format.count(@totals.routers_connected)}
            note={"of #{Format.count(@totals.routers)}"}
          />
          <.tile
            label="Peers up"
            value={Format.count(@totals.sessions_up)}
            note={"of #{Format.count(@totals.sessions)}"}
            to={Paths.peers(@base)}
          />
          <.tile
            label="Peers down or stale"
            value={Format.count(@totals.sessions_troubled)}
            tone={if @totals.sessions_troubled > 0, do: "bad"}
            to={Paths.peers(@base, state: "trouble")}
          />
          <.tile label="Routes in all tables" value={Format.count(@counts.routes)} to={Paths.routes(@base)} />
          <.tile
            :if={@alerts}
            label="Open alerts"
            value={Format.count(length(@alerts))}
            note={worst(@alerts)}
            tone={tone(@alerts)}
            to={Paths.alerts(@base)}
          />
          <.rate rates={Sparkline.rates(@rate)} />
        </dl>

        <.empty :if={!@loading and @shown == []} title="No router has connected yet.">
          <p>
            Point a router's BMP at this station<span :if={port(@station)}>, TCP port <b class="mono">{port(@station)}</b></span>. With FRR:
          </p>
          <pre>{frr(port(@station))}</pre>
          <p :if={@sessions != []}>{length(@sessions)} connected and not yet known by name.</p>
        </.empty>

        <div :if={@shown != []} class="table cards">
          <table>
            <caption class="hidden">Routers</caption>
            <thead>
              <tr>
                <.sorted by="router" listing={@listing} to={&Paths.overview(@base, &1)}>Router</.sorted>
                <.sorted by="state" listing={@listing} to={&Paths.overview(@base, &1)}>State</.sorted>
                <.sorted by="address" listing={@listing} to={&Paths.overview(@base, &1)}>Address</.sorted>
                <.sorted by="since" listing={@listing} to={&Paths.overview(@base, &1)}>Session since (UTC)</.sorted>
                <.sorted by="peers" listing={@listing} to={&Paths.overview(@base, &1)} class="number">Peers up</.sorted>
                <.sorted by="routes" listing={@listing} to={&Paths.overview(@base, &1)} class="number">Routes</.sorted>
                <.sorted by="change" listing={@listing} to={&Paths.overview(@base, &1)}>Last change</.sorted>
                <th scope="col">Software</th>
              </tr>
            </thead>
            <tbody>
              <tr :for={router <- @shown} id={"router-#{router.router_id}"}>
                <th scope="row" data-name="Router"><.link navigate={Paths.router(@base, router.router_id)}>{router.name}</.link></th>
                <td data-name="State">
                  <.state state={router.state} /><small :if={router.state == :disconnected and router.end_reason} class="why">{router.end_reason}</small>
                  <small :for={session <- router.standby} class="why">{Format.standby(session)}</small>
                </td>
                <td class="mono" data-name="Address">{Format.address(router.address)}</td>
                <td data-name="Session since"><.time at={router.session_started_us} /></td>
                <td class="number" data-name="Peers up">
                  <span>{Format.count(router.peers_up)} <span class="of">of {Format.count(router.sessions)}</span></span>
                </td>
                <td class="number" data-name="Routes">
                  <.link navigate={Paths.routes(@base, router: router.router_id)}>{Format.count(router.routes)}</.link>
                </td>
                <td data-name="Last change"><span><.time at={router.last_change_us} now={@now} /><span :if={router.last_change_us not in [0, nil]}> ago</span></span></td>
                <td class="cut" data-name="Software" title={router.sys_descr}>{router.sys_descr}</td>
              </tr>
            </tbody>
          </table>
        </div>

        <.pages listing={@listing} next={@next} to={&Paths.overview(@base, &1)} what="routers" />

        <.sessions base={@base} rows={@health} />

        <.flaps :if={@flaps not in [nil, []]} base={@base} rows={@flaps} now={@now} />

        <section aria-labelledby="feed-title">
          <h2 id="feed-title">As it happens</h2>
          <p :if={!@feed?} class="dim">Changes of routes, peers and sessions appear here from now on.</p>
          <div class={["table cards", !@feed? && "hidden"]}>
            <table class="feed">
              <caption class="hidden">Latest changes, newest first</caption>
              <thead>
                <tr>
                  <th scope="col">Time (UTC)</th>
                  <th scope="col">What</th>
                  <th scope="col">Prefix</th>
                  <th scope="col">View</th>
                  <th scope="col">Peer</th>
                  <th scope="col">Router</th>
                  <th scope="col">AS path or reason</th>
                </tr>
              </thead>
              <tbody id="feed" phx-update="stream">
                <tr :for={{id, row} <- @streams.feed} id={id} class={row.fresh? && "fresh-a"}>
                  <td class="mono" data-name="Time (UTC)"><.time at={row.at} /></td>
                  <td data-name="What">
                    <.change change={row.what} /><small :if={row.event && row.event.times > 1} class="why">told {row.event.times} times</small>
                  </td>
                  <td class="mono" data-name="Prefix">
                    <.link :if={row.route} navigate={Paths.route(@base, row.route)}>{Format.nlri(row.route)}</.link>
                  </td>
                  <td data-name="View">{view(row)}</td>
                  <td class="mono" data-name="Peer">
                    <.link :if={peer_id(row)} navigate={Paths.peer(@base, peer_id(row))}>{peer(row)}</.link>
                  </td>
                  <td data-name="Router">
                    <.link :if={router_id(row)} navigate={Paths.router(@base, router_id(row))}>{row.event.router}</.link>
                    <span :if={!router_id(row)}>{(row.route || row.event).router}</span>
                  </td>
                  <td class={row.route && "mono"} data-name="Path or reason">
                    {if row.route, do: row.route.as_path_text, else: row.event.reason}
                  </td>
                </tr>
              </tbody>
            </table>
          </div>
        </section>
      </.shell>
      """
    end

    attr :rates, :list, required: true

    # Changes a second since the page was opened, for five minutes.
    defp rate(assigns) do
      ~H"""
      <div class="tile">
        <dt>Changes a second</dt>
        <dd>
          {if @rates == [], do: "–", else: Format.count(round(List.last(@rates)))}
          <small :if={@rates != []}>at most {Format.count(round(Enum.max(@rates)))}</small>
          <svg :if={length(@rates) > 1} class="spark" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">
            <polyline points={Sparkline.points(@rates)} />
          </svg>
        </dd>
      </div>
      """
    end

    defp tone(alerts) do
      severities = Enum.map(alerts, & &1.severity)

      cond do
        Enum.any?(severities, &(&1 in [:critical, :high])) -> "bad"
        :medium in severities -> "warn"
        true -> nil
      end
    end

    defp worst([]), do: nil

    defp worst(alerts) do
      severity =
        Enum.find([:critical, :high, :medium, :low, :info], fn one -> Enum.any?(alerts, &(&1.severity == one)) end)

      "the worst #{severity}"
    end

    defp view(%{route: nil, event: %{view: nil}}), do: nil
    defp view(row), do: Format.short_view((row.route || row.event).view)

    defp peer(row), do: Format.peer((row.route || row.event).peer)
    # A change of a route tells its router by name only.
    defp router_id(%{event: nil}), do: nil
    defp router_id(%{event: event}), do: event.router_id
    defp peer_id(row), do: (row.route || row.event).peer_id

    # None while the listener starts.
    defp port(station) do
      case Live.ask(station, fn -> {:ok, BMP.port(station)} end) do
        {:ok, port} -> port
        {:error, _} -> nil
      end
    end

    defp frr(port) do
      """
      router bgp 65000
       bmp targets station
        bmp connect <this host> port #{port || 11_019} min-retry 1000 max-retry 10000
        bmp monitor ipv4 unicast pre-policy
        bmp monitor ipv6 unicast pre-policy\
      """
    end
  end
end
