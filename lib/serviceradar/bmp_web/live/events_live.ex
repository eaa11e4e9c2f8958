if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.EventsLive do
    @moduledoc false
    # What happened to the sessions and peers of all routers.
    use ServiceRadar.BMPWeb, :live_view

    import ServiceRadar.BMPWeb.EventsTable

    alias ServiceRadar.BMPWeb.EventsTable

    @limit 250

    @kinds ~w(peer_up peer_down session_start session_end end_of_rib termination swept expired gap conflict)

    @impl Phoenix.LiveView
    def mount(_params, _session, socket) do
      socket =
        socket
        |> assign(page_title: "Events", events: [], shown: 0, limit: @limit, kinds: @kinds, kind: "")
        |> stream_configure(:events, dom_id: & &1.id)
        |> stream(:events, [])

      {:ok, socket}
    end

    @impl Phoenix.LiveView
    def handle_params(params, _uri, socket) do
      kind = if params["kind"] in @kinds, do: params["kind"], else: ""
      {:noreply, socket |> assign(kind: kind) |> Live.load()}
    end

    @impl Phoenix.LiveView
    def handle_event("filter", %{"kind" => kind}, socket) do
      {:noreply, push_patch(socket, to: Paths.events(socket.assigns.base, if(kind == "", do: [], else: [kind: kind])))}
    end

    @impl Live
    def fetch(%{station: station}), do: fn -> Live.kept(BMP.events(station, limit: @limit)) end

    @impl Live
    def show(socket, events, fresh?) do
      kind = socket.assigns.kind
      rows = EventsTable.rows(events || [], &(kind in ["", to_string(&1.kind)]))
      socket |> assign(events: events, shown: length(rows)) |> Live.sync(:events, rows, fresh?)
    end

    @impl Phoenix.LiveView
    def render(assigns) do
      ~H"""
      <.shell base={@base} style?={@style?} here={:events} title="Events" paused={@paused} missed={@missed} error={@error} refused={@refused}>
        <p class="result"><.link navigate={Paths.frame(@base)}>What could not be decoded, octet by octet</.link></p>
        <.empty :if={@events == nil} title="This store keeps no events.">
          <p>
            They are kept by the Postgres store; new ones are shown <.link navigate={Paths.overview(@base)}>with the routers</.link>
            as they happen.
          </p>
        </.empty>
        <.empty :if={@events == [] and !@loading} title="Nothing has happened yet.">
          <p>Sessions that begin and end, peers that go up and down, and the End of RIB of each table appear here.</p>
        </.empty>
        <form :if={@events not in [nil, []]} id="find-events" class="find" phx-change="filter" aria-label="Events">
          <label>
            <span>Kind</span>
            <select name="kind">
              <option value="">All</option>
              <option :for={kind <- @kinds} value={kind} selected={kind == @kind}>{Format.words(kind)}</option>
            </select>
          </label>
          <output :if={length(@events) == @limit} for="find-events">Of the latest {@limit}.</output>
        </form>
        <.empty :if={@events not in [nil, []] and @shown == 0} title="None of the latest events is of this kind." />
        <div class={@shown == 0 && "hidden"}>
          <.events_table base={@base} rows={@streams.events} />
        </div>
      </.shell>
      """
    end
  end
end
