if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.PeerLive do
    @moduledoc false
    # One peer: its session, what both sides can do, its tables, counters and events.
    use ServiceRadar.BMPWeb, :live_view

    import ServiceRadar.BMPWeb.{EventsTable, FlapsTable}

    alias ServiceRadar.BMP.Registry
    alias ServiceRadar.BMPWeb.{Capabilities, EventsTable, FlapsTable, PeersTable, Plot, Statistics}

    @day 24 * 3_600
    # Of how long plots tell.
    @spans %{"1h" => 3_600, "24h" => @day, "7d" => 7 * @day}

    @impl Phoenix.LiveView
    def mount(%{"id" => id}, _session, socket) do
      socket =
        socket
        |> assign(page_title: "Peer", id: id, peer: nil, capabilities: nil, statistics: [], events: [], span: "24h")
        |> assign(counts: %{}, series: %{}, flaps: [])
        |> stream_configure(:events, dom_id: & &1.id)
        |> stream(:events, [])

      {:ok, socket}
    end

    @impl Phoenix.LiveView
    def handle_params(params, _uri, socket) do
      span = if is_map_key(@spans, params["span"]), do: params["span"], else: "24h"
      {:noreply, socket |> assign(span: span) |> Live.load()}
    end

    @impl Live
    def fetch(%{station: station, id: id, span: span}) do
      fn ->
        until = DateTime.utc_now()
        from = DateTime.add(until, -@spans[span])

        with {:ok, %{} = peer} <- BMP.peer(station, id),
             {:ok, events} <- Live.kept(BMP.events(station, router: peer.router_id, peer: id, limit: 100)),
             {:ok, statistics} <- Live.kept(BMP.statistics(station, id)),
             {:ok, series} <- Live.kept(BMP.statistics_series(station, id, from, until)) do
          flaps = FlapsTable.rows(BMP.flapping(station, peer: id, limit: 20), station)
          answer = %{peer: peer, events: events, statistics: statistics, flaps: flaps}
          {:ok, Map.merge(answer, %{series: plots(series || [], from, until), counts: tables(station, id, until)})}
        end
      end
    end

    # By counter: its points, and what they show in words.
    defp plots(series, from, until) do
      for one <- series, into: %{} do
        points = if Statistics.rises?(one.type), do: Plot.rises(one.points), else: one.points
        {{one.type, one.afi, one.safi}, {Plot.line(points, us(from), us(until)), Plot.words(points)}}
      end
    end

    # By view and family.
    defp tables(station, id, until) do
      for one <- BMP.Counts.series(station, peer: id), into: %{} do
        points = Plot.steps(one.points, us(until) - @day * 1_000_000, us(until))
        {{one.view, one.afi, one.safi}, {points, Plot.words(one.points)}}
      end
    end

    defp us(time), do: DateTime.to_unix(time, :microsecond)

    @impl Live
    def show(socket, nil, _fresh?), do: assign(socket, peer: nil, page_title: "Unknown peer")

    def show(socket, %{peer: peer} = answer, fresh?) do
      socket
      |> assign(page_title: "Peer #{Format.address(peer.address)}", peer: peer)
      |> assign(capabilities: Capabilities.compare(peer), statistics: answer.statistics, events: answer.events)
      |> assign(series: answer.series, counts: answer.counts, flaps: answer.flaps)
      |> Live.sync(:events, EventsTable.rows(answer.events || []), fresh?)
    end

    @impl Phoenix.LiveView
    def render(assigns) do
      ~H"""
      <.shell
        base={@base}
        style?={@style?}
        here={:peers}
        title={if @peer, do: Format.address(@peer.address), else: @page_title}
        up={if @peer, do: {@peer.router, Paths.router(@base, @peer.router_id)}, else: {"Peers", Paths.peers(@base)}}
        paused={@paused}
        missed={@missed}
        error={@error} refused={@refused}
      >
        <:beside>
          <span :if={@peer} class="beside">AS{@peer.asn}</span>
          <.state :if={@peer} state={@peer.state} />
        </:beside>
        <.empty :if={!@loading and !@peer} title="The station does not know this peer.">
          <p class="mono">{@id}</p>
          <p><.link navigate={Paths.peers(@base)}>All peers</.link></p>
        </.empty>
        <div :if={@peer}>
          <div :if={@peer.state in [:down, :stale]} class={["banner", (@peer.state == :down && "bad") || "warn"]}>
            <b :if={@peer.state == :down}>Down{if @peer.down_reason, do: ": #{@peer.down_reason}"}.</b>
            <b :if={@peer.state == :stale}>Its router's session has ended.</b>
            <span :if={@peer.state == :stale}>What is shown is the last that was seen.</span>
          </div>
          <dl class="facts">
            <.fact label="In this state since (UTC)"><.time at={@peer.state_since_us} /></.fact>
            <.fact label="BGP identifier"><span class="mono">{Format.address(@peer.bgp_id)}</span></.fact>
            <.fact label="Kind">{Format.peer_type(@peer.peer_type)}</.fact>
            <.fact :if={@peer.peer_type == Registry.peer_type(:rd)} label="Route distinguisher">
              <span class="mono">{Format.distinguisher(@peer.distinguisher)}</span>
            </.fact>
            <.fact :if={@peer.table_name} label="VRF or table">{@peer.table_name}</.fact>
            <.fact label="Router's side">
              <span class="mono"><.value value={Format.endpoint(@peer.local_address, @peer.local_port)} /></span>
              <span :if={@peer.local_asn} class="mono">AS{@peer.local_asn}</span>
            </.fact>
            <.fact :if={@peer.local_bgp_id} label="Router's BGP identifier">
              <span class="mono">{Format.address(@peer.local_bgp_id)}</span>
            </.fact>
            <.fact label="Peer's port"><span class="mono"><.value value={@peer.remote_port} /></span></.fact>
            <.fact label="Hold time"><.value value={@peer.hold_time && "#{@peer.hold_time} s"} /></.fact>
            <.fact label="Last change (UTC)"><.time at={@peer.last_change_us} /></.fact>
          </dl>

          <h2>Tables</h2>
          <.empty :if={@peer.ribs == []} title="No route of this peer has been seen." />
          <div :if={@peer.ribs != []} class="table fit">
            <table>
              <caption class="hidden">Tables of this peer</caption>
              <thead>
                <tr>
                  <th scope="col">View</th>
                  <th scope="col">Family</th>
                  <th scope="col" class="number">Routes</th>
                  <th scope="col">Last 24 hours</th>
                  <th scope="col">Last change (UTC)</th>
                  <th scope="col"></th>
                </tr>
              </thead>
              <tbody>
                <tr :for={rib <- @peer.ribs} id={"rib-#{rib.view}-#{Format.family_slug({rib.afi, rib.safi})}"}>
                  <th scope="row">{Format.view(rib.view)}</th>
                  <td>{Format.family({rib.afi, rib.safi})}</td>
                  <td class="number">
                    <.link navigate={Paths.routes(@base, PeersTable.rib_query(@peer, rib))}>{Format.count(rib.routes)}</.link>
                  </td>
                  <td><.series of={@counts[{rib.view, rib.afi, rib.safi}]} /></td>
                  <td><.time at={rib.last_change_us} /></td>
                  <td>{Format.rib_remarks(rib)}</td>
                </tr>
              </tbody>
              <tfoot>
                <tr>
                  <th scope="row" colspan="2">All</th>
                  <td class="number">{Format.count(@peer.routes)}</td>
                  <td></td>
                  <td></td>
                  <td></td>
                </tr>
              </tfoot>
            </table>
          </div>

          <.flaps base={@base} rows={@flaps} now={@now} router?={false} peer?={false} />

          <h2>Capabilities</h2>
          <.empty :if={@capabilities == nil} title="Not known: no Peer Up with its OPEN messages was seen." />
          <.empty :if={@capabilities == []} title="Neither side announced any." />
          <div :if={@capabilities not in [nil, []]} class="table fit">
            <table>
              <caption class="hidden">Capabilities that both sides announced</caption>
              <thead>
                <tr>
                  <th scope="col">Capability</th>
                  <th scope="col">Router announced</th>
                  <th scope="col">Peer announced</th>
                </tr>
              </thead>
              <tbody>
                <tr :for={capability <- @capabilities}>
                  <th scope="row">{capability.name} <small class="why mono">code {capability.code}</small></th>
                  <td><.announced values={capability.sent} /></td>
                  <td><.announced values={capability.received} /></td>
                </tr>
              </tbody>
            </table>
          </div>

          <h2>Statistics Reports</h2>
          <.empty :if={@statistics == nil} title="This store keeps no statistics." />
          <.empty :if={@statistics == []} title="The router has sent no Statistics Report for this peer." />
          <p :if={@statistics not in [nil, []]} class="result">
            Of the last
            <.link :for={span <- ~w(1h 24h 7d)} patch={Paths.peer(@base, @id, span)} aria-current={span == @span && "true"} class="chip">{span}</.link>
            Counters that only rise are drawn by how much they rose from one report to the next.
          </p>
          <div :if={@statistics not in [nil, []]} class="table fit">
            <table>
              <caption class="hidden">Newest value of each counter</caption>
              <thead>
                <tr>
                  <th scope="col">Counter</th>
                  <th scope="col">Family</th>
                  <th scope="col" class="number">Value</th>
                  <th scope="col">Through time</th>
                  <th scope="col">Reported (UTC)</th>
                </tr>
              </thead>
              <tbody id="statistics">
                <tr :for={one <- @statistics}>
                  <th scope="row">{Statistics.name(one.type)} <small class="why mono">type {one.type}</small></th>
                  <td>{one.afi && Format.family({one.afi, one.safi})}</td>
                  <td class="number">{Format.count(one.value)}</td>
                  <td><.series of={@series[{one.type, one.afi, one.safi}]} /></td>
                  <td><.time at={one.received_at_us} /></td>
                </tr>
              </tbody>
            </table>
          </div>

          <h2>Events</h2>
          <.empty :if={@events == nil} title="This store keeps no events." />
          <.empty :if={@events == []} title="Nothing has happened yet." />
          <div class={@events in [nil, []] && "hidden"}>
            <.events_table base={@base} rows={@streams.events} router?={false} peer?={false} />
          </div>
        </div>
      </.shell>
      """
    end

    attr :of, :any, required: true

    defp series(%{of: nil} = assigns), do: ~H|<.value value={nil} />|

    defp series(assigns) do
      ~H"""
      <.plot points={elem(@of, 0)} label={elem(@of, 1)} />
      """
    end

    attr :values, :any, required: true

    defp announced(assigns) do
      ~H"""
      <span :if={@values == nil} class="none">not announced</span>
      <span :if={@values == []}>yes</span>
      <span :for={value <- @values || []} class="chip">{value}</span>
      """
    end
  end
end
