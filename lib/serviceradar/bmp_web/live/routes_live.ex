if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.RoutesLive do
    @moduledoc false
    # The search for routes. What is searched for is in the URL and nowhere else.
    use ServiceRadar.BMPWeb, :live_view

    import ServiceRadar.BMPWeb.SearchForm

    alias ServiceRadar.BMPWeb.{Search, WholeTables}

    @evpn ServiceRadar.BMP.Registry.family!("l2vpn-evpn")

    # Of a page's address only: the cursor is any term of the store, and nobody but us may write one.
    @cursor_salt "bmp routes cursor"

    @impl Phoenix.LiveView
    def mount(_params, _session, socket) do
      socket =
        socket
        |> assign(
          page_title: "Routes",
          shown: nil,
          total: nil,
          next: nil,
          known: nil,
          routers: [],
          peers: [],
          families: []
        )
        |> assign(asked: nil, wanted: nil, cursor: nil, rpki?: false)
        |> stream_configure(:routes, dom_id: & &1.id)
        |> stream(:routes, [])

      {:ok, socket}
    end

    @impl Phoenix.LiveView
    def handle_params(params, _uri, socket) do
      search = Search.parse(params)
      {cursor, search} = cursor(search, socket)

      # What cannot be read is not asked; the answer to the last good question stays.
      if search.errors == %{},
        do: {:noreply, socket |> assign(search: search, wanted: search, cursor: cursor) |> Live.load(:later)},
        else: {:noreply, assign(socket, search: search, loading: false)}
    end

    defp cursor(%{fields: %{cursor: text}} = search, socket) do
      case Phoenix.Token.verify(socket, @cursor_salt, text, max_age: :infinity) do
        {:ok, cursor} ->
          {cursor, search}

        {:error, _} ->
          fields = Map.delete(search.fields, :cursor)
          note = "The page of this link is no longer known: these are the first routes."
          {nil, %{search | fields: fields, notes: Map.put(search.notes, :cursor, note)}}
      end
    end

    defp cursor(search, _socket), do: {nil, search}

    @impl Phoenix.LiveView
    def handle_event("search", params, socket) do
      search = Search.parse(Map.delete(params, "cursor"))

      # A field that is wrong is said beside it while it is typed; the URL stays the last good one.
      if search.errors == %{},
        do: {:noreply, push_patch(socket, to: Paths.routes(socket.assigns.base, Search.params(search)))},
        else: {:noreply, assign(socket, search: search)}
    end

    @impl Live
    def fetch(%{wanted: nil}), do: fn -> {:ok, nil} end

    def fetch(%{station: station, wanted: search, cursor: cursor, known: known}) do
      fn ->
        with {:ok, known} <- known(station, known),
             query = Search.resolve(search, known.routers),
             {:ok, known} <- of_router(station, known, query),
             {:ok, routes, next} <- ask(station, query, cursor),
             {:ok, total} <- total(station, query, next != nil or cursor != nil) do
          rpki? = BMP.Insight.validates?(station)
          {:ok, %{known: known, routes: routes, next: next, asked: search, total: total, rpki?: rpki?}}
        end
      end
    end

    # How many there are in all, where that is not seen on the page itself.
    defp total(_station, :none, _part?), do: {:ok, 0}
    defp total(_station, _query, false), do: {:ok, nil}

    defp total(station, {:ok, query}, true) do
      cond do
        query[:at] -> {:ok, :not_known}
        WholeTables.asked?(query) -> WholeTables.routes(station, query)
        true -> BMP.count_routes(station, Keyword.delete(query, :limit))
      end
    end

    # So many peers the form offers.
    @offered 500

    # What the form offers. A store may have to count for it: it is read once, and again when it has changed.
    defp known(station, nil) do
      with {:ok, routers} <- BMP.router_names(station),
           {:ok, totals} <- BMP.totals(station),
           do:
             {:ok,
              %{routers: Enum.sort_by(routers, & &1.name), families: Map.keys(totals.families), of: :none, peers: []}}
    end

    defp known(_station, known), do: {:ok, known}

    # With the peers of the router that is asked for, or the first of all.
    defp of_router(station, known, query) do
      router = with {:ok, query} <- query, do: query[:router]

      with true <- router != :none and router != known.of,
           {:ok, peers, _} <- BMP.list_peers(station, router: router, order: {"peer", false}, limit: @offered) do
        {:ok, %{known | of: router, peers: peers}}
      else
        false -> {:ok, known}
        error -> error
      end
    end

    @impl Live
    def changed(socket, changes) do
      if Enum.any?(changes, &(&1.routers != [] or &1.peers != [])), do: assign(socket, known: nil), else: socket
    end

    defp ask(_station, :none, _cursor), do: {:ok, [], nil}

    defp ask(station, {:ok, query}, cursor) do
      case Keyword.pop(query ++ [cursor: cursor], :at) do
        {nil, query} -> BMP.routes(station, query)
        {at, query} -> past(BMP.routes_at(station, at, query))
      end
    end

    defp past({:error, :not_kept}),
      do: {:error, "This station's store keeps no history: only what is there now can be asked for."}

    defp past(answer), do: answer

    @impl Live
    def show(socket, nil, _fresh?), do: socket

    def show(socket, answer, fresh?) do
      next = if answer.next, do: Phoenix.Token.sign(socket, @cursor_salt, answer.next)

      socket
      |> assign(known: answer.known, routers: answer.known.routers, peers: answer.known.peers)
      |> assign(families: answer.known.families)
      |> assign(shown: length(answer.routes), total: answer.total, next: next, asked: answer.asked)
      |> assign(rpki?: answer.rpki?)
      |> Live.sync(:routes, Enum.map(answer.routes, &row(&1, answer.rpki?)), fresh?)
    end

    defp row(route, rpki?) do
      key = {route.peer_id, route.view, route.afi, route.safi, route.nlri, route.path_id}

      %{
        id: "route-#{:erlang.phash2(key, 4_294_967_296)}",
        mark: {route.generation, route.sequence, route.stale, rpki?, route.validity},
        route: route,
        rpki?: rpki?
      }
    end

    @impl Phoenix.LiveView
    def render(assigns) do
      ~H"""
      <.shell base={@base} style?={@style?} here={:routes} title="Routes" paused={@paused} missed={@missed} error={@error} refused={@refused}>
        <.search_form base={@base} search={@search} routers={@routers} peers={@peers} families={@families} rpki?={@rpki?} />

        <p :if={evpn?(@families)}><.link navigate={Paths.evpn(@base)}>MAC and IP addresses of EVPN, their moves and duplicates</.link></p>
        <div class="result" aria-live="polite" aria-busy={to_string(@loading)}>
          <span :if={@loading} class="dim">Searching…</span>
          <span :if={!@loading and @shown != nil}>{summary(@shown, @next, @asked, @total)}</span>
          <span :if={@endpoints? and @asked != nil and @shown not in [nil, 0]}>
            <.link :for={format <- ["csv", "json"]} href={export(@base, @asked, format)}>{String.upcase(format)}</.link>
          </span>
          <span :if={@search.notes[:cursor]} class="note">{@search.notes[:cursor]}</span>
        </div>

        <.empty :if={!@loading and @shown == 0} title={nothing(@asked)}>
          <p :if={hint(@asked)}>
            <.link patch={Paths.routes(@base, Search.params(@asked, match: hint(@asked), cursor: nil))}>{hint_text(@asked)}</.link>
          </p>
          <p :if={!Search.any?(@asked)}>They appear as soon as a router announces them.</p>
        </.empty>

        <div class={["table", "cards", "routes", @shown in [nil, 0] && "hidden", @loading && "busy"]}>
          <table>
            <caption class="hidden">Routes</caption>
            <thead>
              <tr>
                <th scope="col">Prefix</th>
                <th scope="col">Next hop</th>
                <th scope="col">AS path</th>
                <th :if={@rpki?} scope="col">RPKI</th>
                <th scope="col" class="number">MED</th>
                <th scope="col" class="number"><abbr title="Local preference">LP</abbr></th>
                <th scope="col">Communities</th>
                <th scope="col">View</th>
                <th scope="col">Peer and router</th>
                <th scope="col">Changed (UTC)</th>
              </tr>
            </thead>
            <tbody id="routes" phx-update="stream">
              <tr
                :for={{id, %{route: route} = row} <- @streams.routes}
                id={id}
                class={[row.fresh && "fresh-#{row.fresh}", route.stale && "stale"]}
              >
                <th scope="row" data-name="Prefix">
                  <.link class="mono" navigate={Paths.route(@base, route)}>{Format.nlri(route)}</.link>
                  <small :if={route.path_id} class="why mono">path id {route.path_id}</small>
                  <small :if={route.stale} class="why">stale</small>
                </th>
                <td class="mono" data-name="Next hop">{Format.address(route.next_hop)}</td>
                <td class="mono path" data-name="AS path">
                  {route.as_path_text}&nbsp;<span class="origin" title={"ORIGIN #{route.origin}"}>{origin(route.origin)}</span>
                </td>
                <td :if={row.rpki?} data-name="RPKI"><.state :if={route.validity} state={route.validity} /><.value :if={!route.validity} value={nil} /></td>
                <td class="number mono" data-name="MED"><.value value={route.med} /></td>
                <td class="number mono" data-name="Local pref"><.value value={route.local_pref} /></td>
                <td class="mono communities" data-name="Communities">
                  <.value :if={communities(route) == []} value={nil} />
                  <small :for={{kind, list, more} <- communities(route)} class="why" title={kind}>
                    {Enum.join(list, " ")} <span :if={more > 0}>+{more}</span>
                  </small>
                </td>
                <td data-name="View"><span title={Format.view(route.view)}>{Format.short_view(route.view)}</span></td>
                <td data-name="Peer">
                  <.link class="mono" navigate={Paths.peer(@base, route.peer_id)}>{Format.peer(route.peer)}</.link>
                  <small class="why">
                    <span :if={route.peer_asn != 0} class="mono">AS{route.peer_asn}</span> at <.link navigate={Paths.router(@base, route.router_id)}>{route.router}</.link>
                  </small>
                </td>
                <td class="mono" data-name="Changed (UTC)"><.time at={route.changed_at_us} /></td>
              </tr>
            </tbody>
          </table>
        </div>

        <nav :if={@asked && (@next || @search.fields[:cursor])} class="pages" aria-label="Pages of routes">
          <.link :if={@search.fields[:cursor]} patch={Paths.routes(@base, Search.params(@asked, cursor: nil))}>First routes</.link>
          <.link :if={@next} patch={Paths.routes(@base, Search.params(@asked, cursor: @next))} rel="next">Next routes</.link>
        </nav>
      </.shell>
      """
    end

    defp evpn?(families), do: @evpn in families

    defp summary(0, _next, _asked, _total), do: "No route."
    defp summary(shown, nil, %{fields: %{cursor: _}}, :not_known), do: "The last #{Format.count(shown)} of the routes."
    defp summary(1, nil, _asked, _total), do: "1 route."

    defp summary(shown, next, asked, total) when next != nil or is_map_key(asked.fields, :cursor),
      do: part(shown, total)

    defp summary(shown, nil, _asked, _total), do: "#{Format.count(shown)} routes."

    defp part(shown, :not_known),
      do: "#{Format.count(shown)} on this page, of at least #{Format.count(shown + 1)} routes."

    defp part(shown, {:more_than, most}),
      do: "#{Format.count(shown)} on this page, of more than #{Format.count(most)} routes."

    defp part(shown, total), do: "#{Format.count(shown)} on this page, of #{Format.count(total)} routes."

    defp nothing(%{fields: fields} = asked) do
      prefix = fields[:prefix]

      cond do
        not Search.any?(asked) -> "There are no routes yet."
        prefix && fields[:match] == "longest" -> "No prefix covers #{prefix}."
        prefix && fields[:match] == "within" -> "There is nothing in #{prefix}."
        prefix && fields[:match] == "covering" -> "Nothing covers #{prefix}."
        prefix -> "There is no route for exactly #{prefix}."
        fields[:nlri] -> "There is no route for exactly #{fields[:nlri]}."
        true -> "No route is like that."
      end
    end

    # What one probably meant: of a single address the network it is in, of a network what is inside it.
    defp hint(%{query: query, fields: fields}) do
      case {query[:prefix], fields[:prefix]} do
        {nil, _} -> nil
        {_, text} -> if String.contains?(text, "/"), do: "within", else: "longest"
      end
    end

    defp hint_text(asked) do
      if hint(asked) == "longest",
        do: "Search for the longest match for this address",
        else: "Search for its more specifics"
    end

    # The same search, from its first route on.
    defp export(base, asked, format) do
      params = asked |> Search.params(cursor: nil, limit: nil) |> Keyword.merge(format: format, limit: 1000)
      base <> ServiceRadar.BMPWeb.API.mount() <> "/routes?" <> URI.encode_query(params)
    end

    defp origin("igp"), do: "i"
    defp origin("egp"), do: "e"
    defp origin("incomplete"), do: "?"
    defp origin(_), do: ""

    # Each kind apart, registered ones by their names.
    defp communities(route) do
      standard = for community <- route.communities, do: Format.well_known(community) || community
      kinds = [{"Communities", standard}, {"Large", route.large_communities}, {"Extended", route.extended_communities}]

      for {kind, [_ | _] = all} <- kinds do
        {first, rest} = Enum.split(all, 3)
        {kind, first, length(rest)}
      end
    end
  end
end
