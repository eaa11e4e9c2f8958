if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.RouteLive do
    @moduledoc false
    # One route with all its attributes, and the same prefix in the other tables.
    use ServiceRadar.BMPWeb, :live_view

    alias ServiceRadar.BMP.{Prefix, Registry}
    alias ServiceRadar.BMPWeb.Differences

    # A prefix is in as many tables as there are views of peers.
    @others 1_000
    @kept_changes 50

    @impl Phoenix.LiveView
    def mount(_params, _session, socket),
      do:
        {:ok,
         assign(socket, page_title: "Route", route: nil, own: nil, gone?: false, others: [], history: nil, seen: [])}

    @impl Phoenix.LiveView
    def handle_params(params, _uri, socket) do
      case key(params) do
        {:ok, key} -> {:noreply, socket |> assign(key: key, route: nil, gone?: false, seen: []) |> Live.load()}
        :error -> {:noreply, assign(socket, key: nil, loading: false)}
      end
    end

    defp key(%{"peer" => peer, "view" => view, "family" => family} = params) do
      with {view, _, _} <- Enum.find(Format.views(), :error, &(Atom.to_string(elem(&1, 0)) == view)),
           {:ok, family} <- Format.family_from_slug(family),
           {:ok, prefix, nlri} <- nlri(params),
           {:ok, path_id} <- path_id(params["path_id"]),
           do: {:ok, %{peer_id: peer, view: view, family: family, prefix: prefix, nlri: nlri, path_id: path_id}}
    end

    defp key(_params), do: :error

    defp nlri(%{"prefix" => text}) do
      with {:ok, prefix} <- Prefix.parse(text), do: {:ok, prefix, nil}
    end

    defp nlri(%{"nlri" => hex}) do
      with {:ok, nlri} <- Base.decode16(hex, case: :mixed), do: {:ok, nil, nlri}
    end

    defp nlri(_params), do: :error

    defp path_id(nil), do: {:ok, nil}

    defp path_id(text) do
      case Integer.parse(text) do
        {id, ""} when id in 0..0xFFFFFFFF -> {:ok, id}
        _ -> :error
      end
    end

    @impl Live
    def fetch(%{key: nil}), do: fn -> {:ok, nil} end

    def fetch(%{station: station, key: key}) do
      fn ->
        with {:ok, routes, _} <- BMP.routes(station, query(key)),
             {:ok, history} <- Live.kept(history(station, key)) do
          {[route], others} = split(Enum.filter(routes, &same_nlri?(&1, key)), key)
          history = history && Enum.filter(history, &this?(&1, key))
          {:ok, %{route: route, others: others, history: history, own: own_as(station, route)}}
        end
      end
    end

    # The router's own AS, where the path begins with it though the peer is of another: FRR puts it there on the way in.
    defp own_as(station, %{as_path: [first | _], peer_asn: peer_asn} = route) when first != peer_asn do
      case BMP.peer(station, route.peer_id) do
        {:ok, %{local_asn: ^first}} -> first
        _ -> nil
      end
    end

    defp own_as(_station, _route), do: nil

    # By prefix only: that is what stores have an index for.
    defp history(_station, %{prefix: nil}), do: {:error, :not_kept}
    defp history(station, key), do: BMP.history(station, prefix: key.prefix, peer_id: key.peer_id, limit: @kept_changes)

    defp query(%{prefix: nil} = key), do: [family: key.family, limit: 10_000]
    defp query(key), do: [family: key.family, prefix: key.prefix, limit: @others]

    defp same_nlri?(_route, %{nlri: nil}), do: true
    defp same_nlri?(route, %{nlri: nlri}), do: route.nlri == nlri

    defp split(routes, key) do
      case Enum.split_with(routes, &this?(&1, key)) do
        {[], others} -> {[nil], others}
        {[route | _], others} -> {[route], others}
      end
    end

    defp this?(route, key),
      do: route.peer_id == key.peer_id and route.view == key.view and route.path_id == key.path_id

    @impl Live
    def show(socket, nil, _fresh?), do: socket

    def show(socket, answer, _fresh?) do
      route = answer.route || socket.assigns.route

      socket
      |> assign(route: route, gone?: answer.route == nil and route != nil, history: answer.history)
      |> assign(own: answer.own || (answer.route == nil && socket.assigns.own) || nil)
      |> assign(others: Enum.sort_by(answer.others, &{&1.router, &1.peer, &1.view, &1.path_id}))
      |> assign(page_title: (route && Format.nlri(route)) || "Unknown route")
    end

    @impl Live
    def changed(%{assigns: %{key: nil}} = socket, _changes), do: socket

    def changed(%{assigns: %{key: key}} = socket, changes) do
      seen =
        for %{routes: routes} <- changes,
            route <- Enum.reverse(routes),
            this?(route, key),
            if(key.prefix, do: route.prefix == key.prefix, else: route.nlri == key.nlri),
            do: route

      assign(socket, seen: Enum.take(seen ++ socket.assigns.seen, @kept_changes))
    end

    @impl Phoenix.LiveView
    def render(assigns) do
      ~H"""
      <.shell
        base={@base}
        style?={@style?}
        here={:routes}
        title={title(@route, @key)}
        up={{"Routes", Paths.routes(@base)}}
        paused={@paused}
        missed={@missed}
        error={@error} refused={@refused}
      >
        <:beside>
          <span :if={@route} class="beside">{Format.family({@route.afi, @route.safi})}</span>
          <span :if={@route && @route.path_id} class="beside mono">path id {@route.path_id}</span>
        </:beside>

        <.empty :if={@key == nil} title="This is not the address of a route.">
          <p><.link navigate={Paths.routes(@base)}>Search for routes</.link></p>
        </.empty>
        <div :if={@gone?} class="banner bad" role="status">
          <b>Withdrawn.</b> This route is not in the table any more. Below is what was last seen of it.
        </div>
        <.empty :if={@key && !@route && !@loading && !@error} title="This route is not in the table.">
          <p>It was withdrawn, or its peer or router is gone.</p>
          <p :if={@key.prefix}>
            <.link navigate={Paths.routes(@base, prefix: @key.prefix)}>Search for {to_string(@key.prefix)} in all tables</.link>
          </p>
        </.empty>

        <div :if={@route} id={"attributes-#{@route.generation}-#{@route.sequence}"} class={["attributes", @seen != [] && "fresh-a"]}>
          <dl class="facts">
            <.fact label="View">{Format.view(@route.view)}</.fact>
            <.fact label="Peer">
              <.link class="mono" navigate={Paths.peer(@base, @route.peer_id)}>{Format.peer(@route.peer)}</.link>
              <.asn :if={@route.peer_asn != 0} base={@base} asn={@route.peer_asn} />
            </.fact>
            <.fact label="Router">
              <.link navigate={Paths.router(@base, @route.router_id)}>{@route.router}</.link>
            </.fact>
            <.fact label="Changed (UTC)"><.time at={@route.changed_at_us} /> ({Format.ago(@route.changed_at_us, @now)} ago)</.fact>
            <.fact :if={@route.peer_type == Registry.peer_type(:rd)} label="Route distinguisher">
              <span class="mono">{Format.distinguisher(@route.distinguisher)}</span>
            </.fact>
            <.fact :if={@route.stale} label="Stale">Not seen since its router's session ended</.fact>
          </dl>

          <h2>Path attributes</h2>
          <dl class="facts list">
            <.fact label="AS path">
              <span class="mono"><.value value={@route.as_path_text} /></span>
              <small :if={@route.as_path != []} class="why">
                length {length(@route.as_path)}, origin <.asn base={@base} asn={List.last(@route.as_path)} />
              </small>
              <small :if={@own} class="why">AS{@own} in front is the router's own: it stands there on the way in already.</small>
            </.fact>
            <.fact label="Next hop">
              <span class="mono"><.value value={Format.address(@route.next_hop)} /></span>
              <span :if={@route.next_hop_link_local} class="mono">, link-local {Format.address(@route.next_hop_link_local)}</span>
            </.fact>
            <.fact :if={@route.validity} label="RPKI"><.state state={@route.validity} /></.fact>
            <.fact label="Origin"><.value value={@route.origin && String.upcase(@route.origin)} /></.fact>
            <.fact label="MED"><span class="mono"><.value value={@route.med} /></span></.fact>
            <.fact label="Local preference"><span class="mono"><.value value={@route.local_pref} /></span></.fact>
            <.fact label="Communities"><.communities base={@base} list={@route.communities} /></.fact>
            <.fact label="Large communities"><.communities base={@base} list={@route.large_communities} /></.fact>
            <.fact label="Extended communities"><.communities base={@base} list={@route.extended_communities} /></.fact>
            <.fact :if={@route.atomic_aggregate} label="Atomic aggregate">yes</.fact>
            <.fact :if={@route.aggregator} label="Aggregator">
              <.asn base={@base} asn={elem(@route.aggregator, 0)} />
              <span class="mono">{Format.address(elem(@route.aggregator, 1))}</span>
            </.fact>
            <.fact :if={@route.originator_id} label="Originator ID">
              <span class="mono">{Format.address(@route.originator_id)}</span>
            </.fact>
            <.fact :if={@route.cluster_list != []} label="Cluster list">
              <span class="mono">{Enum.map_join(@route.cluster_list, " ", &Format.address/1)}</span>
            </.fact>
            <.fact :if={@route.only_to_customer} label="Only to customer">
              <.asn base={@base} asn={@route.only_to_customer} />
            </.fact>
            <.fact
              :for={field <- Registry.attribute_fields() -- [:only_to_customer]}
              :if={Map.fetch!(@route, field)}
              label={field |> Atom.to_string() |> String.replace("_", " ") |> String.capitalize()}
            >
              <span class="mono">{inspect(Map.fetch!(@route, field))}</span>
            </.fact>
            <.fact :for={other <- @route.other_attributes} label={"Attribute #{other.code}"}>
              <span class="mono octets">{other.value}</span> <small class="why mono">flags 0x{Base.encode16(<<other.flags>>)}</small>
            </.fact>
          </dl>
        </div>

        <section :if={@seen != []} aria-labelledby="seen-title">
          <h2 id="seen-title">While this page was open</h2>
          <.changes rows={@seen} />
        </section>

        <section :if={is_list(@history)} aria-labelledby="history-title">
          <h2 id="history-title">History</h2>
          <p :if={@key.prefix}>
            <.link navigate={Paths.prefix(@base, @key.prefix)}>{to_string(@key.prefix)} through time, in all tables</.link>
          </p>
          <.empty :if={@history == []} title="No change of it is kept." />
          <.changes :if={@history != []} rows={@history} />
        </section>

        <section :if={@others != []} aria-labelledby="others-title">
          <h2 id="others-title">The same prefix in other tables</h2>
          <p :if={@route} class="dim">What differs from this route is marked.</p>
          <div class="table cards">
            <table>
              <caption class="hidden">The same prefix in other tables</caption>
              <thead>
                <tr>
                  <th scope="col">View</th>
                  <th scope="col">Peer</th>
                  <th scope="col">Router</th>
                  <th scope="col">Next hop</th>
                  <th scope="col">AS path</th>
                  <th scope="col">Origin</th>
                  <th scope="col" class="number">MED</th>
                  <th scope="col" class="number">Local pref</th>
                  <th scope="col">Communities</th>
                </tr>
              </thead>
              <tbody>
                <tr :for={other <- @others} class={other.stale && "stale"}>
                  <th scope="row" data-name="View">
                    <.link navigate={Paths.route(@base, other)}>{Format.view(other.view)}</.link>
                    <small :if={other.path_id} class="why mono">path id {other.path_id}</small>
                  </th>
                  <td class="mono" data-name="Peer">
                    {Format.peer(other.peer)} <small :if={other.peer_asn != 0} class="why">AS{other.peer_asn}</small>
                  </td>
                  <td data-name="Router">{other.router}</td>
                  <td class={["mono", differs(@route, other, :next_hop)]} data-name="Next hop">{Format.address(other.next_hop)}</td>
                  <td class={["mono path", differs(@route, other, :as_path_text)]} data-name="AS path">{other.as_path_text}</td>
                  <td class={differs(@route, other, :origin)} data-name="Origin">{other.origin}</td>
                  <td class={["number mono", differs(@route, other, :med)]} data-name="MED"><.value value={other.med} /></td>
                  <td class={["number mono", differs(@route, other, :local_pref)]} data-name="Local pref"><.value value={other.local_pref} /></td>
                  <td
                    class={["mono", differs(@route, other, [:communities, :large_communities, :extended_communities])]}
                    data-name="Communities"
                  >
                    <.value value={Enum.join(all_communities(other), " ")} />
                  </td>
                </tr>
              </tbody>
            </table>
          </div>
        </section>
      </.shell>
      """
    end

    attr :base, :string, required: true
    attr :list, :list, required: true

    defp communities(assigns) do
      ~H"""
      <span :if={@list == []} class="none">–</span>
      <.community :for={community <- @list} base={@base} community={community} />
      """
    end

    attr :rows, :list, required: true

    defp changes(assigns) do
      ~H"""
      <div class="table fit cards">
        <table>
          <thead>
            <tr>
              <th scope="col">Time (UTC)</th>
              <th scope="col">Change</th>
              <th scope="col">What is different</th>
              <th scope="col">Next hop</th>
              <th scope="col">AS path</th>
            </tr>
          </thead>
          <tbody>
            <tr :for={{row, differences} <- Differences.each(@rows)}>
              <td class="mono" data-name="Time (UTC)"><.time at={row.received_at_us} /></td>
              <td data-name="Change"><.change change={row.change} /><small :if={row.synthetic} class="why">concluded, not said by the router</small>
                <small :if={row[:reason]} class="why">{row.reason}</small></td>
              <td class="mono" data-name="Different"><.value :if={differences == []} value={nil} /><small :for={one <- differences} class="why">{one}</small></td>
              <td class="mono" data-name="Next hop">{Format.address(row.next_hop)}</td>
              <td class="mono path" data-name="AS path">{row[:as_path_text] || Enum.join(row[:as_path] || [], " ")}</td>
            </tr>
          </tbody>
        </table>
      </div>
      """
    end

    defp title(nil, %{prefix: prefix}) when prefix != nil, do: to_string(prefix)
    defp title(nil, _key), do: "Route"
    defp title(route, _key), do: Format.nlri(route)

    defp all_communities(route), do: route.communities ++ route.large_communities ++ route.extended_communities

    defp differs(nil, _other, _fields), do: nil

    defp differs(route, other, fields) do
      if Enum.any?(List.wrap(fields), &(Map.fetch!(route, &1) != Map.fetch!(other, &1))), do: "differs"
    end
  end
end
