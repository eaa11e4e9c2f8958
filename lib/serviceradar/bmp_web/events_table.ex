if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.EventsTable do
    @moduledoc false
    # What happened to sessions and peers, as a table.
    use Phoenix.Component

    import ServiceRadar.BMPWeb.Components

    alias ServiceRadar.BMPWeb.{Format, Paths}

    @doc "Rows for a stream. One message of a router may be several events."
    def rows(events) do
      for event <- events do
        key =
          {event.router_id, event.generation, event.sequence, event.kind, event.peer_id, event.view, event.afi,
           event.safi}

        %{id: "event-#{:erlang.phash2(key, 4_294_967_296)}", mark: 0, event: event}
      end
    end

    attr :base, :string, required: true
    attr :rows, :any, required: true
    attr :router?, :boolean, default: true
    attr :peer?, :boolean, default: true

    def events_table(assigns) do
      ~H"""
      <div class="table">
        <table>
          <caption class="hidden">Events, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Time (UTC)</th>
              <th scope="col">Event</th>
              <th :if={@router?} scope="col">Router</th>
              <th :if={@peer?} scope="col">Peer</th>
              <th scope="col">View and family</th>
              <th scope="col" class="number">Routes ended</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody id="events" phx-update="stream">
            <tr :for={{id, %{event: event} = row} <- @rows} id={id} class={row.fresh && "fresh-#{row.fresh}"}>
              <td class="mono"><.time at={event.received_at_us} /></td>
              <td><.change change={event.kind} /></td>
              <td :if={@router?}><.link navigate={Paths.router(@base, event.router_id)}>{event.router}</.link></td>
              <td :if={@peer?} class="mono">
                <.link :if={event.peer_id} navigate={Paths.peer(@base, event.peer_id)}>{Format.address(event.peer)}</.link>
              </td>
              <td>{event.view && Format.view(event.view)} {event.afi && Format.family({event.afi, event.safi})}</td>
              <td class="number">{if event.routes not in [nil, 0], do: Format.count(event.routes)}</td>
              <td>{event.reason}</td>
            </tr>
          </tbody>
        </table>
      </div>
      """
    end
  end
end
