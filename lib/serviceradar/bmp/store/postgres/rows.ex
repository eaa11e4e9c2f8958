if Code.ensure_loaded?(Postgrex) do
  defmodule ServiceRadar.BMP.Store.Postgres.Rows do
    @moduledoc false
    # Postgres' rows, as maps of column to value, as the structs and maps that every store gives.

    alias ServiceRadar.BMP.{Peer, Prefix, Registry, Route, Router}

    @views ~w(adj_rib_in_pre adj_rib_in_post adj_rib_out_pre adj_rib_out_post loc_rib)a
    @view_names Map.new(@views, &{Atom.to_string(&1), &1})
    @changes %{"announce" => :announce, "change" => :change, "withdraw" => :withdraw}
    @states %{
      "connected" => :connected,
      "disconnected" => :disconnected,
      "up" => :up,
      "down" => :down,
      "stale" => :stale,
      "unknown" => :unknown
    }

    @doc "Rows as maps. A statement is planned each time: what its plan should be depends on the values."
    @spec query(module, String.t(), [term]) :: [map]
    def query(repo, sql, values) do
      %{columns: columns, rows: rows} = repo.query!(sql, values)
      Enum.map(rows, &Map.new(Enum.zip(columns, &1)))
    end

    @doc "A router with what is held of it."
    def router(row) do
      %Router{
        router_id: uuid(row["router_id"]),
        name: name(row["sys_name"], row["address"]),
        address: address(row["address"]),
        port: row["port"],
        sys_name: row["sys_name"],
        sys_descr: row["sys_descr"],
        collector: row["collector"],
        state: Map.fetch!(@states, row["state"]),
        session_started_us: time(row["session_started_at"]),
        session_ended_us: time(row["session_ended_at"]),
        end_reason: row["end_reason"],
        generation: row["generation"],
        sequence: row["sequence"],
        peers: row["peers"],
        sessions: row["sessions"],
        peers_up: row["peers_up"],
        routes: row["routes"],
        last_change_us: time(row["last_change"]) || 0,
        standby: row["standby"]
      }
    end

    @doc "What a router is called."
    def router_name(row) do
      %{
        router_id: uuid(row["router_id"]),
        name: name(row["sys_name"], row["address"]),
        address: address(row["address"])
      }
    end

    @doc "A peer with its RIBs."
    def peer(row, ribs) do
      %Peer{
        peer_id: uuid(row["peer_id"]),
        router_id: uuid(row["router_id"]),
        router: name(row["sys_name"], row["router_address"]),
        peer_type: row["peer_type"],
        distinguisher: distinguisher(row["distinguisher"]),
        address: address(row["address"]),
        asn: row["asn"],
        bgp_id: address(row["bgp_id"]),
        state: Map.fetch!(@states, row["state"]),
        state_since_us: time(row["state_since"]),
        local_address: address(row["local_address"]),
        local_port: row["local_port"],
        remote_port: row["remote_port"],
        local_asn: row["local_asn"],
        local_bgp_id: address(row["local_bgp_id"]),
        hold_time: row["hold_time"],
        sent_open: row["sent_open"],
        received_open: row["received_open"],
        table_name: row["table_name"],
        down_reason: row["down_reason"],
        generation: row["generation"],
        sequence: row["sequence"],
        routes: routes(ribs),
        last_change_us: last_change(ribs),
        ribs: Enum.map(ribs, &rib/1)
      }
    end

    @doc "A table that holds routes."
    def held(row) do
      %{
        router_id: uuid(row["router_id"]),
        peer_id: uuid(row["peer_id"]),
        view: view(row["view"]),
        afi: row["afi"],
        safi: row["safi"],
        routes: row["routes"]
      }
    end

    defp rib(row) do
      %{
        view: view(row["view"]),
        afi: row["afi"],
        safi: row["safi"],
        routes: row["routes"],
        last_change_us: time(row["changed_at"]),
        filtered: row["filtered"],
        add_path_inferred: row["inferred"],
        verified: row["is_verified"]
      }
    end

    def route(row) do
      other = row["other_attributes"] || %{}

      %Route{
        router: name(row["sys_name"], row["router_address"]),
        router_id: uuid(row["router_id"]),
        peer: address(row["peer_address"]),
        peer_id: uuid(row["peer_id"]),
        peer_type: row["peer_type"],
        peer_asn: row["peer_asn"],
        peer_bgp_id: address(row["peer_bgp_id"]),
        distinguisher: distinguisher(row["distinguisher"]),
        add_path_inferred: row["inferred"],
        nlri: row["nlri"],
        path_id: row["path_id"],
        as_path_text: row["as_path_text"],
        next_hop_link_local: parsed(other["next_hop_link_local"]),
        atomic_aggregate: other["atomic_aggregate"] || false,
        aggregator: aggregator(other["aggregator"]),
        originator_id: parsed(other["originator_id"]),
        cluster_list: Enum.map(other["cluster_list"] || [], &parsed/1),
        extended_communities: row["extended_communities"] || [],
        large_communities: row["large_communities"] || [],
        other_attributes:
          for(one <- other["other"] || [], do: %{code: one["code"], flags: one["flags"], value: one["value"]}),
        generation: row["generation"],
        sequence: row["sequence"],
        changed_at_us: time(row["changed_at"]),
        stale: row["peer_state"] == "stale"
      }
      |> struct!(announced(row))
      |> struct!(for(field <- Registry.attribute_fields(), do: {field, other[Atom.to_string(field)]}))
    end

    def history(row) do
      row
      |> said()
      |> Map.merge(announced(row))
      |> Map.merge(%{
        change: Map.fetch!(@changes, row["change"]),
        implied: row["implied"],
        reason: row["reason"],
        peer_asn: row["peer_asn"],
        nlri: row["whole_nlri"],
        path_id: row["add_path_id"],
        synthetic: row["synthetic"],
        after_gap: row["after_gap"]
      })
    end

    # What both a route and a change of one have.
    defp announced(row) do
      %{
        view: view(row["view"]),
        afi: row["afi"],
        safi: row["safi"],
        prefix: prefix(row["prefix"]),
        rd: row["rd"],
        labels: row["labels"] || [],
        vnis: row["vnis"] || [],
        nlri_text: row["nlri_text"],
        origin: row["origin"],
        as_path: row["as_path"] || [],
        next_hop: address(row["next_hop"]),
        med: row["med"],
        local_pref: row["local_pref"],
        communities: communities(row["communities"])
      }
    end

    def event(row) do
      Map.merge(said(row), %{
        kind: row["kind"],
        view: view(row["view"]),
        afi: row["afi"],
        safi: row["safi"],
        reason: row["reason"],
        routes: row["routes"],
        since_us: time(row["since"]),
        synthetic: row["synthetic"]
      })
    end

    def dead_letter(row, id) do
      letter =
        Map.merge(said(row), %{
          id: id,
          offset: row["offset"],
          path: row["path"],
          reason: row["reason"],
          treatment: row["treatment"],
          suspect: row["suspect"],
          octets: row["octets"]
        })

      if row["raw"], do: Map.put(letter, :raw, row["raw"]), else: letter
    end

    # Of whom something was said, and when.
    defp said(row) do
      %{
        router: name(row["sys_name"], row["router_address"]),
        router_id: uuid(row["router_id"]),
        peer: address(row["peer_address"]),
        peer_id: uuid(row["peer_id"]),
        generation: row["generation"],
        sequence: row["sequence"],
        received_at_us: time(row["time"])
      }
    end

    def statistic(row) do
      %{
        type: row["type"],
        afi: row["afi"],
        safi: row["safi"],
        value: Decimal.to_integer(row["value"]),
        received_at_us: time(row["time"])
      }
    end

    @doc "An address for a parameter."
    def inet(address), do: %Postgrex.INET{address: address, netmask: if(tuple_size(address) == 4, do: 32, else: 128)}

    @doc "A prefix for a parameter."
    def cidr(%Prefix{address: address, length: length}), do: %Postgrex.INET{address: address, netmask: length}

    @doc "A UUID's text from its octets."
    def uuid(nil), do: nil
    def uuid(octets), do: Ecto.UUID.load!(octets)

    defp name(nil, nil), do: nil
    defp name(blank, nil) when blank in [nil, ""], do: nil
    defp name(blank, %{address: address}) when blank in [nil, ""], do: to_string(:inet.ntoa(address))
    defp name(sys_name, _address), do: sys_name

    defp address(nil), do: nil
    defp address(%Postgrex.INET{address: address}), do: address

    @doc "A prefix from a column."
    def prefix(nil), do: nil
    def prefix(%Postgrex.INET{address: address, netmask: nil}), do: Prefix.new!(address)
    def prefix(%Postgrex.INET{address: address, netmask: length}), do: %Prefix{address: address, length: length}

    defp view(nil), do: nil
    defp view(name), do: Map.fetch!(@view_names, name)

    defp time(nil), do: nil
    defp time(%DateTime{} = time), do: DateTime.to_unix(time, :microsecond)

    defp parsed(nil), do: nil

    defp parsed(text) do
      {:ok, address} = :inet.parse_strict_address(to_charlist(text))
      address
    end

    defp aggregator(nil), do: nil
    defp aggregator(%{"asn" => asn, "address" => address}), do: {asn, parsed(address)}

    defp communities(nil), do: []
    defp communities(numbers), do: for(number <- numbers, do: "#{div(number, 65_536)}:#{rem(number, 65_536)}")

    # RFC 4364, section 4.2, as wire's RouteDistinguisher writes it: type 2 is said where the number fits type 0 too.
    defp distinguisher(<<0::16, asn::16, number::32>>), do: "#{asn}:#{number}"
    defp distinguisher(<<1::16, a, b, c, d, number::16>>), do: "#{a}.#{b}.#{c}.#{d}:#{number}"
    defp distinguisher(<<2::16, asn::32, number::16>>) when asn > 0xFFFF, do: "#{asn}:#{number}"
    defp distinguisher(<<2::16, asn::32, number::16>>), do: "2:#{asn}:#{number}"
    defp distinguisher(<<type::16, octets::binary>>), do: "#{type}:0x" <> Base.encode16(octets, case: :lower)

    defp routes(ribs), do: ribs |> Enum.map(& &1["routes"]) |> Enum.sum()
    defp last_change(ribs), do: ribs |> Enum.map(&time(&1["changed_at"])) |> Enum.max(fn -> 0 end)
  end
end
