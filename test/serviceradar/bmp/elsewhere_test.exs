import ServiceRadar.BMP.Test.Needs

needs [:packages, :postgres, :nats] do
  defmodule ServiceRadar.BMP.ElsewhereTest do
    # Two nodes of an Erlang cluster and one database.
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Feed, Insight, Store, Wire}
    alias ServiceRadar.BMP.Test.{Distribution, NATS, Postgres, Servers}

    @moduletag capture_log: true
    @moduletag :tmp_dir
    @moduletag timeout: 120_000
    @station :elsewhere

    setup do
      name = :longnames |> Distribution.start!() |> to_string() |> String.replace(~r/@.*/, "")
      postgres = Servers.postgres!()
      %{store: {Store.Postgres, url: Postgres.url(postgres)}, name: :"#{name}_there"}
    end

    defp there!(context) do
      paths = Enum.flat_map(:code.get_path(), &[~c"-pa", &1])
      {:ok, peer, node} = :peer.start(%{name: context.name, host: ~c"127.0.0.1", longnames: true, args: paths})
      on_exit(fn -> catch_exit(:peer.stop(peer)) end)
      {:ok, _} = :erpc.call(node, Application, :ensure_all_started, [:elixir])
      {:ok, _} = :erpc.call(node, Application, :ensure_all_started, [:serviceradar_bmp])
      {peer, node}
    end

    defp station!(node, options) do
      options = [name: @station, port: 0, ip: "127.0.0.1"] ++ options
      supervisor = ServiceRadar.BMP.Application.Supervisor
      {:ok, _} = :erpc.call(node, Supervisor, :start_child, [supervisor, {BMP, options}], 30_000)
      :erpc.call(node, BMP, :port, [@station])
    end

    defp insight!(context) do
      insight = Path.join(context.tmp_dir, "insight.json")
      File.write!(insight, ~s({"vrps": [{"prefix": "198.51.100.0/24", "max_length": 24, "asn": 64999}]}))
      insight
    end

    defp octets(stream, found \\ "") do
      case Feed.next(stream) do
        {:ok, nil} -> found
        {:ok, more} -> octets(stream, found <> more)
        # It is over: a partition came to another node.
        {:error, _} -> found
      end
    end

    test "the map and what was concluded come from the node that has them", context do
      start_station!(@station, roles: [:view], store: context.store)
      assert Feed.nodes(@station) == []
      assert Feed.watch(@station) == {:error, :no_feed}
      refute Insight.runs?(@station)
      assert BMP.flapping(@station) == {:error, :not_known}

      {peer, node} = there!(context)
      port = station!(node, store: context.store, insight: insight!(context))
      {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary, active: false])
      update = Wire.update(attributes: Wire.mandatory([64_500]), nlri: ["198.51.100.0/24"])
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr-there"), Wire.peer_up(), Wire.route_monitoring(update)])
      eventually(fn -> match?({:ok, [%{as_path: [64_500]}], nil}, BMP.routes(@station, limit: 5)) end)

      eventually(fn -> Feed.nodes(@station) == [node] end)
      {:ok, stream} = Feed.watch(@station)
      assert octets(stream) =~ "rtr-there"

      assert Insight.runs?(@station)
      assert Insight.validates?(@station)
      assert {:ok, [%{validity: :invalid}], nil} = BMP.routes(@station, limit: 5)
      assert is_list(Insight.alerts(@station)) and is_list(Insight.verdicts(@station))

      withdraw = Wire.route_monitoring(Wire.update(withdrawn: ["198.51.100.0/24"]))
      :ok = :gen_tcp.send(socket, List.duplicate([withdraw, Wire.route_monitoring(update)], 2))
      eventually(fn -> match?({:ok, [%{withdrawals: 2, nlri_text: "198.51.100.0/24"}]}, BMP.flapping(@station)) end)
      eventually(fn -> match?({:ok, [%{sequence: _}], nil}, BMP.routes(@station, limit: 5)) end)

      # Where the routes of an AS are.
      :ok = BMP.prepare_search(@station)
      {:ok, query} = BMP.Query.new(as: 64_500)
      keys = fn -> Store.Postgres.Places.keys(BMP.Instance.config!(@station), query, 10) end
      eventually(fn -> match?({:ok, [{_rib, <<24, 198, 51, 100>>, -1}]}, keys.()) end)
      assert {:ok, [%{as_path: [64_500]}], nil} = BMP.routes(@station, as: 64_500)

      # How its session fares: what was counted there, and how far the commits are behind.
      assert [%{node: ^node, counters: %{messages: 7}, lag_us: lag}] = BMP.session_health(@station)
      assert is_integer(lag)

      # The other node is gone: the stream ends, and the pages say what they know without it.
      :peer.stop(peer)
      eventually(fn -> Feed.nodes(@station) == [] end)
      assert {:error, _} = Feed.next(stream)
      assert Feed.watch(@station) == {:error, :no_feed}
      refute Insight.validates?(@station)
      assert BMP.flapping(@station) == {:error, :not_known}
      assert BMP.session_health(@station) == []
      assert keys.() == :not_known
      assert {:ok, [%{as_path: [64_500]}], nil} = BMP.routes(@station, as: 64_500)
      assert {:ok, [%{validity: nil}], nil} = BMP.routes(@station, limit: 5)
      :ok = stop_supervised(@station)
    end

    # A router of its own address, so that it may be of either partition.
    defp router!(port, number) do
      options = [:binary, active: false, ip: {127, 0, 0, number}]
      {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, options)
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr-#{number}"), Wire.peer_up()])
      announce(socket, "198.51.#{number}.0/24")
      socket
    end

    defp announce(socket, prefix) do
      update = Wire.update(attributes: Wire.mandatory([64_500]), nlri: [prefix])
      :ok = :gen_tcp.send(socket, Wire.route_monitoring(update))
    end

    defp told?(_stream, _prefix, 0), do: false

    defp told?(stream, prefix, tries) do
      octets(stream) =~ prefix or (Process.sleep(10) == :ok and told?(stream, prefix, tries - 1))
    end

    defp picture(stream) do
      {:ok, stream} = stream
      octets(stream)
    end

    test "of two nodes that have some of the routers each there is one map", context do
      nats = Servers.nats!()
      options = [store: context.store, broker: {BMP.Broker.JetStream, servers: [NATS.url(nats)]}, partitions: 2]
      start_station!(@station, options)
      {peer, node} = there!(context)
      station!(node, options)

      [first | _] = for number <- 2..9, do: router!(BMP.port(@station), number)
      routers = for number <- 2..9, do: "rtr-#{number}"

      # Each is to have some of them, and both all.
      eventually(fn ->
        here = picture(Feed.watch_here(@station))

        with true <- Enum.any?(routers, &(here =~ &1)), false <- Enum.all?(routers, &(here =~ &1)) do
          all = picture(Feed.watch(@station))
          Enum.all?(routers, &(all =~ &1)) and all =~ "198.51.9.0/24"
        end
      end)

      # A change is told on a stream that is there already.
      stream =
        eventually(fn ->
          {:ok, stream} = Feed.watch(@station)
          octets(stream)
          prefix = "203.0.#{rem(System.unique_integer([:positive]), 256)}.0/24"
          announce(first, prefix)
          if told?(stream, prefix, 200), do: stream
        end)

      # Without the other one there is one map again, and in the end all is on it.
      :peer.stop(peer)
      eventually(fn -> match?({:error, _}, Feed.next(stream)) end)
      eventually(fn -> Enum.all?(routers, &(picture(Feed.watch(@station)) =~ &1)) end)
      :ok = stop_supervised(@station)
    end
  end
end
