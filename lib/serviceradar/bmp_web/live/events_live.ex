if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.EventsLive do
    @moduledoc false
    # What happened to the sessions and peers of all routers.
    use ServiceRadar.BMPWeb, :live_view

    import ServiceRadar.BMPWeb.EventsTable

    alias ServiceRadar.BMPWeb.EventsTable

    @limit 250

    @impl Phoenix.LiveView
    def mount(_params, _session, socket) do
      socket =
        socket
        |> assign(page_title: "Events", events: [], limit: @limit)
        |> stream_configure(:events, dom_id: & &1.id)
        |> stream(:events, [])

      {:ok, socket}
    end

    @impl Phoenix.LiveView
    def handle_params(_params, _uri, socket), do: {:noreply, Live.load(socket)}

    @impl Live
    def fetch(%{station: station}), do: fn -> Live.kept(BMP.events(station, limit: @limit)) end

    @impl Live
    def show(socket, events, fresh?) do
      socket |> assign(events: events) |> Live.sync(:events, EventsTable.rows(events || []), fresh?)
    end

    @impl Phoenix.LiveView
    def render(assigns) do
      ~H"""
      <.shell base={@base} style?={@style?} here={:events} title="Events" paused={@paused} missed={@missed} error={@error}>
        <.empty :if={@events == nil} title="This store keeps no events.">
          <p>
            They are kept by the Postgres store; new ones are shown <.link navigate={Paths.overview(@base)}>with the routers</.link>
            as they happen.
          </p>
        </.empty>
        <.empty :if={@events == [] and !@loading} title="Nothing has happened yet.">
          <p>Sessions that begin and end, peers that go up and down, and the End of RIB of each table appear here.</p>
        </.empty>
        <p :if={is_list(@events) and length(@events) == @limit} class="dim">The latest {@limit}.</p>
        <div class={@events in [nil, []] && "hidden"}>
          <.events_table base={@base} rows={@streams.events} />
        </div>
      </.shell>
      """
    end
  end
end
