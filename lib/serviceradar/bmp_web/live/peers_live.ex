if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.PeersLive do
    @moduledoc false
    # Every peer of every router, found by state and by what is typed.
    use ServiceRadar.BMPWeb, :live_view

    import ServiceRadar.BMPWeb.PeersTable

    alias ServiceRadar.BMPWeb.{Listing, PeersTable}

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
        |> assign(page_title: "Peers", found: 0, shown: 0, all: 0, next: nil)
        |> stream_configure(:peers, dom_id: & &1.id)
        |> stream(:peers, [])

      {:ok, socket}
    end

    @impl Phoenix.LiveView
    def handle_params(params, _uri, socket) do
      text = if is_binary(params["q"]), do: String.trim(params["q"]), else: ""
      state = if List.keymember?(@states, params["state"], 0), do: params["state"], else: ""
      listing = Listing.read(socket, params, :peers)
      {:noreply, socket |> assign(text: text, state: state, listing: listing) |> Live.load()}
    end

    @impl Phoenix.LiveView
    def handle_event("find", %{"q" => text, "state" => state}, socket) do
      %{base: base, listing: listing} = socket.assigns
      {:noreply, push_patch(socket, to: path(base, text, state, Listing.params(listing)), replace: true)}
    end

    # Also with the parameters of the listing.
    defp path(base, text, state, more) do
      Paths.peers(base, for({key, value} <- [q: text, state: state], value != "", do: {key, value}) ++ more)
    end

    @impl Live
    def fetch(%{station: station, listing: listing, state: state, text: text}) do
      asked = [state: state, find: text]

      fn ->
        with {:ok, peers, last} <- BMP.list_peers(station, asked ++ Listing.options(listing)),
             {:ok, found} <- BMP.count_peers(station, asked),
             {:ok, %{peers: all}} <- BMP.counts(station),
             do: {:ok, %{peers: peers, last: last, found: found, all: all}}
      end
    end

    @impl Live
    def show(socket, answer, fresh?) do
      next = Listing.next(socket.assigns.listing, answer.last, socket)

      socket
      |> assign(found: answer.found, shown: length(answer.peers), all: answer.all, next: next)
      |> Live.sync(:peers, PeersTable.rows(answer.peers), fresh?)
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
            {said(@shown, @found, @all)}
          </output>
        </form>
        <.empty :if={!@loading and @all == 0} title="No peer is known yet.">
          <p>Peers appear when a router has connected and told of them.</p>
        </.empty>
        <.empty :if={!@loading and @all > 0 and @found == 0} title="No peer is like that.">
          <p><.link patch={Paths.peers(@base)}>Show all {Format.count(@all)} peers</.link></p>
        </.empty>
        <div class={@shown == 0 && "hidden"}>
          <.peers_table base={@base} rows={@streams.peers} listing={@listing} next={@next} to={&path(@base, @text, @state, &1)} />
        </div>
      </.shell>
      """
    end

    defp said(shown, shown, shown), do: peers(shown)
    defp said(shown, shown, all), do: "#{peers(shown)} of #{Format.count(all)}"
    defp said(shown, found, found), do: "#{Format.count(shown)} on this page, of #{peers(found)}"
    defp said(shown, found, all), do: "#{Format.count(shown)} on this page, of #{peers(found)}, of #{Format.count(all)}"

    defp peers({:more_than, count}), do: "more than #{peers(count)}"
    defp peers(1), do: "1 peer"
    defp peers(count), do: "#{Format.count(count)} peers"
  end
end
