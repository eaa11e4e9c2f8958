if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.PeersLive do
    @moduledoc false
    # Every peer of every router, found by state and by what is typed.
    use ServiceRadar.BMPWeb, :live_view

    import ServiceRadar.BMPWeb.PeersTable

    alias ServiceRadar.BMPWeb.PeersTable

    @states [
      {"", "Any state"},
      {"trouble", "Down or stale"},
      {"up", "Up"},
      {"down", "Down"},
      {"stale", "Stale"},
      {"unknown", "Unknown"}
    ]

    @impl Phoenix.LiveView
    def mount(_params, _session, socket) do
      socket =
        socket
        |> assign(page_title: "Peers", shown: 0, all: 0)
        |> stream_configure(:peers, dom_id: & &1.id)
        |> stream(:peers, [])

      {:ok, socket}
    end

    @impl Phoenix.LiveView
    def handle_params(params, _uri, socket) do
      text = if is_binary(params["q"]), do: String.trim(params["q"]), else: ""
      state = if List.keymember?(@states, params["state"], 0), do: params["state"], else: ""
      {:noreply, socket |> assign(text: text, state: state) |> Live.load()}
    end

    @impl Phoenix.LiveView
    def handle_event("find", %{"q" => text, "state" => state}, socket) do
      params = for {key, value} <- [q: text, state: state], value != "", do: {key, value}
      {:noreply, push_patch(socket, to: Paths.peers(socket.assigns.base, params), replace: true)}
    end

    @impl Live
    def fetch(%{station: station}), do: fn -> BMP.peers(station) end

    @impl Live
    def show(socket, peers, fresh?) do
      shown = Enum.filter(peers, &(in_state?(&1, socket.assigns.state) and matches?(&1, socket.assigns.text)))

      socket
      |> assign(shown: length(shown), all: length(peers))
      |> Live.sync(:peers, PeersTable.rows(shown), fresh?)
    end

    defp in_state?(_peer, ""), do: true
    defp in_state?(peer, "trouble"), do: peer.state in [:down, :stale]
    defp in_state?(peer, state), do: Atom.to_string(peer.state) == state

    # Every word has to be in the address, the AS number, the router's or the table's name.
    defp matches?(peer, text) do
      said = String.downcase("#{Format.address(peer.address)} as#{peer.asn} #{peer.router} #{peer.table_name}")
      text |> String.downcase() |> String.split() |> Enum.all?(&String.contains?(said, &1))
    end

    @impl Phoenix.LiveView
    def render(assigns) do
      assigns = assign(assigns, :states, @states)

      ~H"""
      <.shell base={@base} style?={@style?} here={:peers} title="Peers" paused={@paused} missed={@missed} error={@error} refused={@refused}>
        <form id="find-peers" class="find" phx-change="find" phx-submit="find" role="search" aria-label="Peers">
          <label>
            <span>Find</span>
            <input
              type="search"
              name="q"
              value={@text}
              placeholder="address, AS65001, router"
              phx-debounce="150"
              autocomplete="off"
              spellcheck="false"
              data-bmp-search
            />
          </label>
          <label>
            <span>State</span>
            <select name="state">
              <option :for={{value, name} <- @states} value={value} selected={value == @state}>{name}</option>
            </select>
          </label>
          <output for="find-peers" aria-live="polite">
            {Format.count(@shown)} {if @shown == 1, do: "peer", else: "peers"}<span :if={@shown != @all}> of {Format.count(@all)}</span>
          </output>
        </form>
        <.empty :if={!@loading and @all == 0} title="No peer is known yet.">
          <p>Peers appear when a router has connected and told of them.</p>
        </.empty>
        <.empty :if={!@loading and @all > 0 and @shown == 0} title="No peer is like that.">
          <p><.link patch={Paths.peers(@base)}>Show all {Format.count(@all)} peers</.link></p>
        </.empty>
        <div class={@shown == 0 && "hidden"}>
          <.peers_table base={@base} rows={@streams.peers} />
        </div>
      </.shell>
      """
    end
  end
end
