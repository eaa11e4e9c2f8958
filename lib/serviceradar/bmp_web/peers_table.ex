if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.PeersTable do
    @moduledoc false
    # Peers as a table, of one router or of all.
    use Phoenix.Component

    import ServiceRadar.BMPWeb.{Components, Listing}

    alias ServiceRadar.BMP.Registry
    alias ServiceRadar.BMPWeb.{Format, Paths}

    @doc "Rows for a stream, in the order given."
    def rows(peers), do: for(peer <- peers, do: %{id: "peer-#{peer.peer_id}", peer: peer, mark: :erlang.phash2(peer)})

    attr :base, :string, required: true
    attr :rows, :any, required: true
    attr :router?, :boolean, default: true
    attr :listing, :any, required: true
    attr :next, :any, required: true
    attr :to, :any, required: true, doc: "as of `ServiceRadar.BMPWeb.Listing.sorted/1`"

    def peers_table(assigns) do
      ~H"""
      <div class="table cards">
        <table>
          <caption class="hidden">Peers</caption>
          <thead>
            <tr>
              <.sorted by="peer" listing={@listing} to={@to}>Peer</.sorted>
              <.sorted :if={@router?} by="router" listing={@listing} to={@to}>Router</.sorted>
              <.sorted by="as" listing={@listing} to={@to} class="number">AS</.sorted>
              <.sorted by="state" listing={@listing} to={@to}>State</.sorted>
              <.sorted by="since" listing={@listing} to={@to}>Since (UTC)</.sorted>
              <th scope="col">Routes by view and family</th>
              <.sorted by="routes" listing={@listing} to={@to} class="number">Routes</.sorted>
              <.sorted by="change" listing={@listing} to={@to}>Last change (UTC)</.sorted>
            </tr>
          </thead>
          <tbody id="peers" phx-update="stream">
            <tr :for={{id, %{peer: peer} = row} <- @rows} id={id} class={row.fresh && "fresh-#{row.fresh}"}>
              <th scope="row" data-name="Peer">
                <.link class={if !Format.own?(peer), do: "mono"} navigate={Paths.peer(@base, peer.peer_id)}>{Format.peer(peer.address)}</.link>
                <small :if={Format.own?(peer)} class="why">what the router originates itself; no session</small>
                <small :if={peer.peer_type != Registry.peer_type(:global)} class="why">{Format.peer_type(peer.peer_type)}</small>
                <small :if={peer.table_name} class="why">{peer.table_name}</small>
                <small :if={peer.peer_type == Registry.peer_type(:rd)} class="why mono">RD {Format.distinguisher(peer.distinguisher)}</small>
              </th>
              <td :if={@router?} data-name="Router"><.link navigate={Paths.router(@base, peer.router_id)}>{peer.router}</.link></td>
              <td class="number mono" data-name="AS"><.value value={if !Format.own?(peer), do: peer.asn} /></td>
              <td data-name="State">
                <.value :if={Format.own?(peer)} value={nil} /><.state :if={!Format.own?(peer)} state={peer.state} /><small :if={peer.state == :down and peer.down_reason} class="why">{peer.down_reason}</small>
              </td>
              <td data-name="Since (UTC)"><.time at={if !Format.own?(peer), do: peer.state_since_us} /></td>
              <td data-name="By view">
                <.link :for={rib <- peer.ribs} class="chip" navigate={Paths.routes(@base, rib_query(peer, rib))}>
                  {Format.short_view(rib.view)} {Format.family({rib.afi, rib.safi})} <b>{Format.count(rib.routes)}</b>
                </.link>
              </td>
              <td class="number" data-name="Routes">{Format.count(peer.routes)}</td>
              <td data-name="Last change"><.time at={peer.last_change_us} /></td>
            </tr>
          </tbody>
        </table>
      </div>
      <.pages listing={@listing} next={@next} to={@to} what="peers" />
      """
    end

    @doc "The search for the routes of one view and family of a peer. In VRFs an address may name several peers."
    def rib_query(peer, rib) do
      [
        router: peer.router_id,
        peer: if(peer.peer_type == Registry.peer_type(:global), do: Format.address(peer.address), else: peer.peer_id),
        view: rib.view,
        family: Format.family_slug({rib.afi, rib.safi})
      ]
    end
  end
end
