if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.RouterLive do
    @moduledoc false
    # One router: its session, its peers, what happened to them.
    use ServiceRadar.BMPWeb, :live_view

    import ServiceRadar.BMPWeb.{EventsTable, FlapsTable, PeersTable, SessionsTable}

    alias ServiceRadar.BMPWeb.{EventsTable, FlapsTable, Listing, PeersTable, Plot, SessionsTable}

    @day_us 24 * 3_600 * 1_000_000

    @impl Phoenix.LiveView
    def mount(%{"id" => id}, _session, socket) do
      socket =
        socket
        |> assign(page_title: "Router", id: id, router: nil, health: [], peers?: false, sessions: 0, events: [])
        |> assign(families: [], flaps: [], next: nil)
        |> stream_configure(:peers, dom_id: & &1.id)
        |> stream_configure(:events, dom_id: & &1.id)
        |> stream(:peers, [])
        |> stream(:events, [])

      {:ok, socket}
    end

    @impl Phoenix.LiveView
    def handle_params(params, _uri, socket),
      do: {:noreply, socket |> assign(listing: Listing.read(socket, params, :peers)) |> Live.load()}

    @impl Live
    def fetch(%{station: station, id: id, listing: listing}) do
      fn ->
        with {:ok, %{} = router} <- BMP.router(station, id),
             {:ok, peers, last} <- BMP.list_peers(station, [router: id] ++ Listing.options(listing)),
             {:ok, totals} <- BMP.totals(station, router: id),
             {:ok, events} <- Live.kept(BMP.events(station, router: id, limit: 50)),
             {:ok, letters} <- Live.kept(BMP.last_dead_letters(station, [id])) do
          own = Enum.filter(BMP.session_health(station), &(&1.router == id))
          health = SessionsTable.rows([router], own, letters)
          counts = BMP.Counts.series(station, router: id)
          flaps = FlapsTable.rows(BMP.flapping(station, router: id, limit: 20), station)
          answer = %{router: router, peers: peers, last: last, totals: totals, events: events}
          {:ok, Map.merge(answer, %{health: health, counts: counts, flaps: flaps})}
        end
      end
    end

    @impl Live
    def show(socket, nil, _fresh?), do: assign(socket, router: nil, page_title: "Unknown router")

    def show(socket, %{router: router} = answer, fresh?) do
      socket
      |> assign(next: Listing.next(socket.assigns.listing, answer.last, socket))
      |> assign(page_title: router.name, router: router, health: answer.health, peers?: router.peers > 0)
      |> assign(sessions: router.sessions, events: answer.events, flaps: answer.flaps)
      |> assign(families: families(answer.totals.families, answer.counts))
      |> Live.sync(:peers, PeersTable.rows(answer.peers), fresh?)
      |> Live.sync(:events, EventsTable.rows(answer.events || []), fresh?)
    end

    # The routes of all peers by family, as many as there are now, and of the last 24 hours.
    defp families(families, counts) do
      now = System.system_time(:microsecond)

      for {family, routes} <- Enum.sort(families) do
        points = Plot.sum(for one <- counts, {one.afi, one.safi} == family, do: one.points)

        %{
          family: family,
          routes: routes,
          label: Plot.words(points),
          points: Plot.steps(points, now - @day_us, now)
        }
      end
    end

    @impl Phoenix.LiveView
    def render(assigns) do
      ~H"""
      <.shell
        base={@base}
        style?={@style?}
        here={:overview}
        title={if @router, do: @router.name, else: @page_title}
        up={{"Routers", Paths.overview(@base)}}
        paused={@paused}
        missed={@missed}
        error={@error} refused={@refused}
      >
        <:beside><.state :if={@router} state={@router.state} /></:beside>
        <.empty :if={!@loading and !@router} title="The station does not know this router.">
          <p class="mono">{@id}</p>
          <p><.link navigate={Paths.overview(@base)}>All routers</.link></p>
        </.empty>
        <div :if={@router}>
          <dl class="facts">
            <.fact label="Address"><span class="mono">{Format.address(@router.address)}</span></.fact>
            <.fact label="Session since (UTC)"><.time at={@router.session_started_us} /></.fact>
            <.fact :if={@router.session_ended_us} label="Session ended (UTC)"><.time at={@router.session_ended_us} /></.fact>
            <.fact :if={@router.end_reason} label="Ended because">{@router.end_reason}</.fact>
            <.fact label="Port"><span class="mono">{@router.port}</span></.fact>
            <.fact label="Received by"><span class="mono">{@router.collector}</span></.fact>
            <.fact :if={@router.standby != []} label="More than one session">
              <p :for={session <- @router.standby}>{Format.standby(session)}</p>
            </.fact>
            <.fact label="Peers up">{Format.count(@router.peers_up)} of {Format.count(@sessions)}</.fact>
            <.fact label="Routes">
              <.link navigate={Paths.routes(@base, router: @router.router_id)}>{Format.count(@router.routes)}</.link>
            </.fact>
            <.fact label="Last change (UTC)"><.time at={@router.last_change_us} /></.fact>
            <.fact label="Software"><.value value={@router.sys_descr} /></.fact>
          </dl>

          <.sessions base={@base} rows={@health} router?={false} />

          <h2>Routes by family</h2>
          <.empty :if={@families == []} title="It has told of no route yet." />
          <div :if={@families != []} class="table fit">
            <table>
              <caption class="hidden">Routes of all peers and views by family, now and in the last 24 hours</caption>
              <thead>
                <tr>
                  <th scope="col">Family</th>
                  <th scope="col" class="number">Routes</th>
                  <th scope="col">Last 24 hours</th>
                </tr>
              </thead>
              <tbody id="families">
                <tr :for={one <- @families}>
                  <th scope="row">
                    <.link navigate={Paths.routes(@base, router: @router.router_id, family: Format.family_slug(one.family))}>{Format.family(one.family)}</.link>
                  </th>
                  <td class="number">{Format.count(one.routes)}</td>
                  <td><.plot points={one.points} label={one.label} /></td>
                </tr>
              </tbody>
            </table>
          </div>

          <h2>Peers</h2>
          <.empty :if={!@peers?} title="It has told of no peer yet." />
          <div class={!@peers? && "hidden"}>
            <.peers_table
              base={@base}
              rows={@streams.peers}
              router?={false}
              listing={@listing}
              next={@next}
              to={&Paths.router(@base, @id, &1)}
            />
          </div>

          <.flaps base={@base} rows={@flaps} now={@now} router?={false} />

          <h2>Events</h2>
          <.empty :if={@events == nil} title="This store keeps no events.">
            <p>They are kept by the Postgres store; new ones are shown on the first page as they happen.</p>
          </.empty>
          <.empty :if={@events == []} title="Nothing has happened yet." />
          <div class={@events in [nil, []] && "hidden"}>
            <.events_table base={@base} rows={@streams.events} router?={false} />
          </div>
        </div>
      </.shell>
      """
    end
  end
end
