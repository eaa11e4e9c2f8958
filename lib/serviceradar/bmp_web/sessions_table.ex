if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.SessionsTable do
    @moduledoc false
    # How the sessions of routers fare: what was counted, how far they are behind, what went wrong last.
    use Phoenix.Component

    import ServiceRadar.BMPWeb.Components

    alias ServiceRadar.BMPWeb.{Format, Paths}

    # More than a second of it is told as a warning.
    @late_us 1_000_000

    @doc """
    A row for each session of the routers, and for each session that has said nothing yet. A router that is connected to somewhere
    else, as to an edge collector, has a row without a session. `letters` are the last dead letter of each router, or nil.
    """
    @spec rows([map], [map], [map] | nil) :: [map]
    def rows(routers, sessions, letters) do
      by_router = Enum.group_by(sessions, & &1.router)
      errors = Map.new(letters || [], &{&1.router_id, &1})
      known? = letters != nil

      of_routers =
        for router <- routers,
            session <- by_router[router.router_id] || elsewhere(router),
            do: %{router: router, session: session, error: errors[router.router_id], known?: known?}

      of_routers ++
        for(session <- by_router[nil] || [], do: %{router: nil, session: session, error: nil, known?: known?})
    end

    defp elsewhere(%{state: :connected}), do: [nil]
    defp elsewhere(_gone), do: []

    attr :base, :string, required: true
    attr :rows, :list, required: true
    attr :router?, :boolean, default: true

    def sessions(assigns) do
      ~H"""
      <section :if={@rows != []} id="sessions" aria-labelledby="sessions-title">
        <h2 id="sessions-title">Sessions</h2>
        <div class="table cards">
          <table>
            <caption class="hidden">Sessions of routers, with what was counted of them since they began</caption>
            <thead>
              <tr>
                <th :if={@router?} scope="col">Router</th>
                <th scope="col">From</th>
                <th scope="col">Received by</th>
                <th scope="col" class="number">Messages</th>
                <th scope="col" class="number">Undecodable</th>
                <th scope="col" class="number">
                  <abbr title="UPDATEs with a fault that RFC 7606 says how to treat">Faulty UPDATEs</abbr>
                </th>
                <th scope="col" class="number">
                  <abbr title="From when its last batch was received until it was committed">Lag</abbr>
                </th>
                <th scope="col">Last error</th>
              </tr>
            </thead>
            <tbody>
              <tr :for={row <- @rows}>
                <th :if={@router?} scope="row" data-name="Router">
                  <.link :if={row.router} navigate={Paths.router(@base, row.router.router_id)}>{row.router.name}</.link>
                  <span :if={!row.router} class="dim">has not said yet</span>
                </th>
                <%= if row.session do %>
                  <td class="mono" data-name="From">{Format.endpoint(row.session.address, row.session.port)}</td>
                  <td class="mono" data-name="Received by">{row.session.node}</td>
                  <td class="number" data-name="Messages">{Format.count(row.session.counters.messages)}</td>
                  <td class="number" data-name="Undecodable"><.faults count={row.session.counters.undecodable} /></td>
                  <td class="number" data-name="Faulty">
                    <.faults count={row.session.counters.faulty_updates} />
                    <small :for={text <- remarks(row.session.counters)} class="why">{text}</small>
                  </td>
                  <td class="number" data-name="Lag"><.lag us={row.session.lag_us} /></td>
                <% else %>
                  <td class="mono" data-name="From">{Format.endpoint(row.router.address, row.router.port)}</td>
                  <td class="mono" data-name="Received by">{row.router.collector}</td>
                  <td colspan="4" class="dim" data-name="Counted">not known on this node</td>
                <% end %>
                <td data-name="Last error">
                  <span :if={row.error}><.time at={row.error.received_at_us} />
                    <.link navigate={Paths.frame(@base, letter: row.error.id)}>{row.error.reason}</.link></span>
                  <span :if={!row.error} class="dim">{if row.known?, do: "none", else: "not kept by this store"}</span>
                </td>
              </tr>
            </tbody>
          </table>
        </div>
      </section>
      """
    end

    attr :count, :integer, required: true

    defp faults(%{count: 0} = assigns), do: ~H|<span class="dim">0</span>|
    defp faults(assigns), do: ~H|<span class="state warn">{Format.count(@count)}</span>|

    attr :us, :any, required: true

    defp lag(%{us: nil} = assigns), do: ~H|<span class="dim">not known on this node</span>|

    defp lag(assigns) do
      assigns = assign(assigns, late?: assigns.us > @late_us)

      ~H"""
      <span class={@late? && "state warn"}>{Format.milliseconds(@us)}</span>
      """
    end

    @remarks [
      suspect: "read with the other ADD-PATH setting",
      add_path_inferred: "families with inferred path identifiers",
      as_width_mismatch: "AS_PATHs of another width than flagged",
      unknown_peer_types: "messages of unknown peer types",
      peers_over_limit: "peers over the limit"
    ]

    defp remarks(counters),
      do: for({key, text} <- @remarks, counters[key] > 0, do: "#{Format.count(counters[key])} #{text}")
  end
end
