if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.EvpnLive do
    @moduledoc false
    # MAC and IP addresses of EVPN: where they are, which ones move, and which are in two places.
    use ServiceRadar.BMPWeb, :live_view

    alias ServiceRadar.BMPWeb.Evpn

    @family ServiceRadar.BMP.Registry.family!("l2vpn-evpn")
    # Routes and changes that are read, and addresses that are shown.
    @read 10_000
    @shown 500
    @of_late 86_400

    @impl Phoenix.LiveView
    def mount(_params, _session, socket),
      do:
        {:ok,
         assign(socket,
           page_title: "EVPN",
           find: "",
           macs: [],
           found: 0,
           all: 0,
           more?: false,
           kept?: false,
           names: %{}
         )}

    @impl Phoenix.LiveView
    def handle_params(params, _uri, socket) do
      find =
        if is_binary(params["find"]) and String.valid?(params["find"]),
          do: String.slice(params["find"], 0, 100),
          else: ""

      {:noreply, socket |> assign(find: find) |> Live.load(:later)}
    end

    @impl Phoenix.LiveView
    def handle_event("find", %{"find" => find}, socket),
      do: {:noreply, push_patch(socket, to: Paths.evpn(socket.assigns.base, String.trim(find)))}

    @impl Live
    def fetch(%{station: station, find: find}) do
      fn ->
        with {:ok, routes, more} <- BMP.routes(station, family: @family, limit: @read),
             {:ok, changes} <- changes(station) do
          names = BMP.Instance.config!(station).names
          macs = Evpn.macs(routes, changes)
          found = Enum.filter(macs, &found?(&1, String.downcase(find), names))

          {:ok,
           %{
             macs: Enum.take(found, @shown),
             found: length(found),
             all: length(macs),
             more?: more != nil,
             kept?: changes != nil,
             names: names
           }}
        end
      end
    end

    # How often the routes of each address changed; nil where the store keeps no history.
    defp changes(station) do
      from = DateTime.add(DateTime.utc_now(), -@of_late)

      with {:ok, changes} <- Live.kept(BMP.changes(station, family: @family, from: from, limit: @read)),
           do: {:ok, changes && changes |> Enum.map(&Evpn.key/1) |> Enum.reject(&is_nil/1) |> Enum.frequencies()}
    end

    defp found?(_mac, "", _names), do: true

    defp found?(mac, find, names) do
      texts =
        [mac.mac, "#{mac.vni}", name(names, :vni, mac.vni), name(names, :mac, mac.mac)] ++
          mac.ips ++ mac.rds ++ mac.routers

      texts = texts ++ Enum.map(mac.rds, &name(names, :rd, &1)) ++ Enum.map(mac.next_hops, &Format.address/1)
      Enum.any?(texts, &(&1 && String.contains?(String.downcase(&1), find)))
    end

    defp name(names, kind, key), do: names |> Map.get(kind, %{}) |> Map.get(key)

    @impl Live
    def show(socket, answer, _fresh?), do: assign(socket, answer)

    @impl Phoenix.LiveView
    def render(assigns) do
      ~H"""
      <.shell
        base={@base}
        style?={@style?}
        here={:routes}
        title="EVPN"
        up={{"Routes", Paths.routes(@base)}}
        paused={@paused}
        missed={@missed}
        error={@error}
        refused={@refused}
      >
        <form id="find" class="search short" phx-change="find" phx-submit="find" role="search" aria-label="MAC addresses">
          <div class="field wide">
            <label for="find-text">MAC, IP, VNI, distinguisher, next hop or name</label>
            <input
              type="search"
              id="find-text"
              name="find"
              value={@find}
              placeholder="02:00:5e, 10100, 192.0.2.1"
              phx-debounce="300"
              autocomplete="off"
              spellcheck="false"
              data-bmp-search
            />
          </div>
        </form>

        <p class="result" aria-live="polite" aria-busy={to_string(@loading)}>
          <span :if={@loading} class="dim">Searching…</span>
          <span :if={!@loading and @all > 0}>{summary(@found, @macs, @all)}</span>
          <span :if={@more?} class="note">The first 10,000 routes were read; there are more.</span>
        </p>
        <.empty :if={!@loading and @all == 0} title="No MAC address is announced.">
          <p>They come with the address family L2VPN EVPN (RFC 7432, type 2).</p>
        </.empty>

        <div :if={@macs != []} class={["table cards", @loading && "busy"]}>
          <table>
            <caption class="hidden">MAC addresses, the most unstable first</caption>
            <thead>
              <tr>
                <th scope="col">MAC</th>
                <th scope="col">VNI</th>
                <th scope="col">IP</th>
                <th scope="col">Behind</th>
                <th scope="col">Distinguisher</th>
                <th scope="col" class="number">Moves</th>
                <th :if={@kept?} scope="col" class="number">Changes in 24 h</th>
                <th scope="col">Changed (UTC)</th>
              </tr>
            </thead>
            <tbody id="macs">
              <tr :for={mac <- @macs}>
                <th scope="row" class="mono" data-name="MAC">
                  {mac.mac}<small :if={name(@names, :mac, mac.mac)} class="why">{name(@names, :mac, mac.mac)}</small>
                  <small :if={mac.duplicate?} class="why"><span class="state bad">in {length(mac.rds)} places at once</span></small>
                  <small :if={mac.multihomed?} class="why">on a shared Ethernet segment</small>
                  <small :if={mac.sticky?} class="why">static: it may not move</small>
                </th>
                <td class="mono" data-name="VNI">
                  <.value value={mac.vni} /><small :if={name(@names, :vni, mac.vni)} class="why">{name(@names, :vni, mac.vni)}</small>
                  <small :if={mac.tag != "0"} class="why">Ethernet tag {mac.tag}</small>
                </td>
                <td class="mono" data-name="IP"><.value value={Enum.join(mac.ips, " ")} /></td>
                <td class="mono" data-name="Behind">
                  <.link :for={next_hop <- mac.next_hops} class="item" navigate={Paths.routes(@base, next_hop: Format.address(next_hop), family: Format.family_slug(family()))}>{Format.address(next_hop)}</.link>
                </td>
                <td class="mono" data-name="Distinguisher">
                  <span :for={rd <- mac.rds} class="item">{rd} <small :if={name(@names, :rd, rd)} class="why">{name(@names, :rd, rd)}</small></span>
                </td>
                <td class="number mono" data-name="Moves"><.value value={mac.mobility} /></td>
                <td :if={@kept?} class="number mono" data-name="Changes">{mac.changes}</td>
                <td class="mono" data-name="Changed (UTC)"><.time at={mac.changed_at_us} /></td>
              </tr>
            </tbody>
          </table>
        </div>
      </.shell>
      """
    end

    defp summary(all, macs, all) when length(macs) == all, do: "#{Format.count(all)} MAC addresses."

    defp summary(found, macs, all),
      do: "#{Format.count(length(macs))} shown of #{Format.count(found)} found, of #{Format.count(all)} MAC addresses."

    defp family, do: @family
  end
end
