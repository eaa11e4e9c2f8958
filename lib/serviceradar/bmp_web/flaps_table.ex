if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.FlapsTable do
    @moduledoc false
    # Routes that change again and again, as a table.
    use Phoenix.Component

    import ServiceRadar.BMPWeb.Components

    alias ServiceRadar.BMP
    alias ServiceRadar.BMPWeb.{Format, Paths}

    @doc "What `ServiceRadar.BMP.flapping/2` gives, with the names of peers and routers; nil where it is not known."
    @spec rows({:ok, [map]} | {:error, :not_known}, ServiceRadar.BMP.Config.name()) :: [map] | nil
    def rows({:error, :not_known}, _station), do: nil
    def rows({:ok, []}, _station), do: []

    def rows({:ok, routes}, station) do
      # A peer that is gone since is not among them.
      case BMP.some_peers(station, Enum.map(routes, & &1.peer_id)) do
        {:ok, peers} ->
          peers = Map.new(peers, &{&1.peer_id, &1})
          for route <- routes, peer = peers[route.peer_id], do: Map.put(route, :peer, peer)

        {:error, _} ->
          nil
      end
    end

    attr :base, :string, required: true
    attr :rows, :any, required: true
    attr :now, :any, required: true
    attr :router?, :boolean, default: true
    attr :peer?, :boolean, default: true

    @doc "The section of a page."
    def flaps(assigns) do
      ~H"""
      <section id="flaps" aria-labelledby="flaps-title">
        <h2 id="flaps-title">What flaps</h2>
        <.empty :if={@rows == nil} title="Not known on this node.">
          <p>The routing tables know, and they are on the nodes that run the pipeline: this one is connected to none.</p>
        </.empty>
        <p :if={@rows == []} class="dim">No route has changed more than once of late.</p>
        <div :if={@rows not in [nil, []]} class="table cards">
          <table>
            <caption class="hidden">Routes that change again and again, the worst first</caption>
            <thead>
              <tr>
                <th scope="col">Prefix</th>
                <th :if={@peer?} scope="col">Peer</th>
                <th :if={@router?} scope="col">Router</th>
                <th scope="col">View and family</th>
                <th scope="col" class="number">Withdrawn</th>
                <th scope="col" class="number">Changed</th>
                <th scope="col">Last (UTC)</th>
                <th scope="col" class="number">
                  <abbr title="As RFC 2439 counts: 1000 a withdrawal, 500 a change, halved every 15 minutes">Penalty</abbr>
                </th>
              </tr>
            </thead>
            <tbody>
              <tr :for={route <- @rows}>
                <th scope="row" class="mono" data-name="Prefix">
                  <.link :if={route.prefix} navigate={Paths.prefix(@base, route.prefix)}>{route.nlri_text}</.link>
                  <span :if={!route.prefix}>{route.nlri_text}</span>
                  <small :if={route.path_id} class="why mono">path id {route.path_id}</small>
                </th>
                <td :if={@peer?} data-name="Peer">
                  <.link class={if !Format.own?(route.peer), do: "mono"} navigate={Paths.peer(@base, route.peer_id)}>{Format.peer(route.peer.address)}</.link>
                </td>
                <td :if={@router?} data-name="Router">
                  <.link navigate={Paths.router(@base, route.router_id)}>{route.peer.router}</.link>
                </td>
                <td data-name="View">{Format.short_view(route.view)} {Format.family({route.afi, route.safi})}</td>
                <td class="number" data-name="Withdrawn">{times(route.withdrawals)}</td>
                <td class="number" data-name="Changed">{times(route.changes)}</td>
                <td data-name="Last">
                  <.time at={route.changed_at_us} /> <small class="dim">{Format.ago(route.changed_at_us, @now)} ago</small>
                </td>
                <td class="number" data-name="Penalty">{Format.count(route.penalty)}</td>
              </tr>
            </tbody>
          </table>
        </div>
      </section>
      """
    end

    defp times(1), do: "once"
    defp times(count), do: "#{Format.count(count)} times"
  end
end
