if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.MapLive do
    @moduledoc false
    # The map: a web component that reads the Arrow stream by itself. LiveView gives it its place and leaves it alone.
    use ServiceRadar.BMPWeb, :live_view

    alias ServiceRadar.BMPWeb.{API, Assets}

    @impl Phoenix.LiveView
    def mount(_params, _session, socket), do: {:ok, assign(socket, page_title: "Map", built?: Assets.map?(), nodes: [])}

    @impl Phoenix.LiveView
    def handle_params(_params, _uri, socket), do: {:noreply, Live.load(socket)}

    @impl Live
    def fetch(%{station: station}), do: fn -> {:ok, BMP.Feed.nodes(station)} end

    @impl Live
    def show(socket, nodes, _fresh?), do: assign(socket, nodes: nodes)

    @impl Phoenix.LiveView
    def render(assigns) do
      ~H"""
      <.shell base={@base} style?={@style?} here={:map} title="Map" paused={@paused} missed={@missed} error={@error} refused={@refused}>
        <.empty :if={!@built?} title="The map is not built here.">
          <p>It is built from npm when the package is set up, and that needs node and npm: <span class="mono">npm --prefix assets ci && npm --prefix assets run build</span>.</p>
          <p>The tables need nothing.</p>
        </.empty>
        <.empty :if={@built? and !@endpoints?} title="The map has no endpoints to read from.">
          <p>The pages were mounted with hooks and without the option <span class="mono">:authorize</span>, which guards the endpoints.</p>
        </.empty>
        <.empty :if={@built? and @endpoints? and @nodes == [] and !@loading} title="There is nobody here who draws the map.">
          <p>It is drawn where the tables are: on a node whose station has the role <span class="mono">:pipeline</span>. This one has not, and is
            connected to no node of which a station of this name has it. In an Erlang cluster the map would be that node's.</p>
        </.empty>
        <div
          :if={@built? and @endpoints? and @nodes != []}
          id="god-view"
          phx-hook="BmpGodView"
          phx-update="ignore"
          data-module={Assets.map_path(@base, "god-view.js")}
          data-src={@base <> API.mount() <> "/map/stream"}
        >
        </div>
      </.shell>
      """
    end
  end
end
