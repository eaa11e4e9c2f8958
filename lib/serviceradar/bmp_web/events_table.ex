if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.EventsTable do
    @moduledoc false
    # What happened to sessions and peers, as a table.
    use Phoenix.Component

    import ServiceRadar.BMPWeb.Components

    alias ServiceRadar.BMPWeb.{Format, Paths}

    # FRR tells one loss of a peer three or four times, in as many views, within moments.
    @together_us 2_000_000

    @doc """
    Events, newest first, with those that tell the same again taken together: `:times` says how many they are, `:routes` is what they
    ended in all.
    """
    @spec grouped([map]) :: [map]
    def grouped(events) do
      events
      |> Enum.reduce([], fn event, rows ->
        case rows do
          [last | rest] -> if same?(last, event), do: [together(last, event) | rest], else: [once(event) | rows]
          [] -> [once(event)]
        end
      end)
      |> Enum.reverse()
    end

    defp once(event), do: Map.put(event, :times, 1)
    defp together(last, event), do: %{last | times: last.times + 1, routes: (last.routes || 0) + (event.routes || 0)}

    # The End of RIB of each view is an event of its own.
    defp same?(%{kind: kind}, _event) when kind in ["end_of_rib", :end_of_rib], do: false

    defp same?(last, event) do
      Enum.all?([:kind, :router_id, :peer_id, :reason], &(Map.get(last, &1) == Map.get(event, &1))) and
        abs(last.received_at_us - event.received_at_us) < @together_us
    end

    @doc "Rows for a stream, of the events that are wanted. They are taken together first: what is between two events parts them."
    def rows(events, wanted? \\ fn _ -> true end) do
      for event <- grouped(events), wanted?.(event) do
        key =
          {event.router_id, event.generation, event.sequence, event.kind, event.peer_id, event.view, event.afi,
           event.safi}

        %{id: "event-#{:erlang.phash2(key, 4_294_967_296)}", mark: event.times, event: event}
      end
    end

    attr :base, :string, required: true
    attr :rows, :any, required: true
    attr :router?, :boolean, default: true
    attr :peer?, :boolean, default: true

    def events_table(assigns) do
      ~H"""
      <div class="table cards">
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
              <td class="mono" data-name="Time (UTC)"><.time at={event.received_at_us} /></td>
              <td data-name="Event">
                <.change change={event.kind} /><small :if={event.times > 1} class="why">told {event.times} times</small>
              </td>
              <td :if={@router?} data-name="Router"><.link navigate={Paths.router(@base, event.router_id)}>{event.router}</.link></td>
              <td :if={@peer?} class="mono" data-name="Peer">
                <.link :if={event.peer_id} navigate={Paths.peer(@base, event.peer_id)}>{Format.peer(event.peer)}</.link>
              </td>
              <td data-name="View">{event.view && Format.view(event.view)} {event.afi && Format.family({event.afi, event.safi})}</td>
              <td class="number" data-name="Routes ended">{if event.routes not in [nil, 0], do: Format.count(event.routes)}</td>
              <td data-name="Reason">{event.reason}</td>
            </tr>
          </tbody>
        </table>
      </div>
      """
    end
  end
end
