import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats] do
  defmodule ServiceRadar.BMP.Broker.JetStreamTest do
    use ExUnit.Case, async: true
    doctest ServiceRadar.BMP.Broker.JetStream.Stream

    import ExUnit.CaptureLog

    alias ServiceRadar.BMP.{Batch, Config, Instance, Telemetry}
    alias ServiceRadar.BMP.Broker.JetStream
    alias ServiceRadar.BMP.Broker.JetStream.API
    alias ServiceRadar.BMP.Test.{NATS, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 120_000

    setup context do
      nats = Servers.nats!(Map.get(context, :nats, ""))
      %{nats: nats, name: :"station-#{System.unique_integer([:positive])}"}
    end

    defp config(%{nats: nats, name: name}, options \\ []) do
      options = Keyword.merge([servers: [NATS.url(nats)], ack_timeout: 1_000], options)
      Config.new!(name: name, partitions: 2, broker: {JetStream, options})
    end

    defp broker!(context, options \\ []) do
      config = config(context, options)
      start_supervised!(JetStream.child_spec(config))
      config
    end

    # A router of partition 0, and batches with a counter as payload.
    @router <<4::128>>
    defp batch(number, size) do
      payload = <<number::64, 0::size(size)-unit(8)>>
      %Batch{id: "#{Base.encode16(@router)}-1-#{number}", router_id: @router, payload: payload}
    end

    defp publish(config, numbers, size \\ 0), do: Enum.each(numbers, &JetStream.publish(config, batch(&1, size), &1))

    defp acked(count, acked \\ [])
    defp acked(0, acked), do: Enum.reverse(acked)

    defp acked(count, acked) do
      receive do
        {:bmp_broker, :acked, ref} -> acked(count - 1, [ref | acked])
      after
        20_000 -> flunk("#{count} batches are not acknowledged")
      end
    end

    defp take(subscription, count, taken \\ [])
    defp take(_subscription, count, taken) when count <= 0, do: Enum.reverse(taken)

    defp take({ref, _} = subscription, count, taken) do
      receive do
        {:bmp_deliveries, ^ref, deliveries} ->
          take(subscription, count - length(deliveries), Enum.reverse(deliveries) ++ taken)
      after
        20_000 -> flunk("#{count} batches are not delivered")
      end
    end

    defp numbers(deliveries), do: for(%{payload: <<number::64, _::binary>>} <- deliveries, do: number)

    defp gnat(config), do: GenServer.whereis(Instance.via(config.name, :nats))

    defp messages_in_stream(config) do
      {_, options} = config.broker
      {:ok, %{"state" => %{"messages" => messages}}} = API.request(gnat(config), options, "STREAM.INFO.BMP")
      messages
    end

    defp eventually(fun, attempts \\ 100) do
      cond do
        fun.() -> :ok
        attempts == 0 -> flunk("it never came true")
        true -> Process.sleep(50) && eventually(fun, attempts - 1)
      end
    end

    test "the router of these tests belongs to partition 0" do
      assert Batch.partition(@router, 2) == 0
    end

    describe "publishing" do
      test "has many batches on their way, and never more than the window", context do
        %{name: name} = context
        test = self()

        # Other tests' stations tell too.
        handler = fn _, %{in_flight: in_flight}, %{station: station}, _ ->
          if station == name, do: send(test, {:in_flight, in_flight})
        end

        :ok = Telemetry.attach(context.name, [[:serviceradar, :bmp, :broker, :acked]], handler)
        on_exit(fn -> Telemetry.detach(context.name) end)

        config = broker!(context, window: 16)
        publish(config, 1..500)
        assert acked(500) == Enum.to_list(1..500)

        in_flight = for _ <- 1..500, do: assert_received({:in_flight, n}) && n
        assert Enum.max(in_flight) == 16
      end

      test "counts bytes too: a batch beyond the window's bytes goes alone", context do
        config = broker!(context, window_bytes: 1_000)
        publish(config, 1..20, 5_000)
        assert acked(20) == Enum.to_list(1..20)
      end

      @tag :clock
      test "a batch that is published again is in the stream once", context do
        config = broker!(context)
        publish(config, [1, 2, 1, 2, 3])
        assert length(acked(5)) == 5
        assert messages_in_stream(config) == 3
      end

      test "the message says its id, its router and the stream it is meant for", context do
        config = broker!(context)
        eventually(fn -> gnat(config) end)
        {:ok, _} = Gnat.sub(gnat(config), self(), "events.bgp.raw.*")
        publish(config, [7])
        assert_receive {:msg, %{topic: "events.bgp.raw.0", headers: headers}}, 5_000

        assert Enum.sort(headers) == [
                 {"bmp-router-id", "00000000-0000-0000-0000-000000000004"},
                 {"nats-expected-stream", "BMP"},
                 {"nats-msg-id", "#{Base.encode16(@router)}-1-7"}
               ]
      end

      test "a batch that is too long for the server is failed, and those after it are not held up", context do
        config = broker!(context)
        JetStream.publish(config, batch(1, 2_000_000), :too_big)
        publish(config, [2])
        assert_receive {:bmp_broker, {:failed, {:too_big, 2_000_008, 1_048_576}}, :too_big}, 5_000
        assert acked(1) == [2]
      end

      test "what does not fit into the queue is failed at once, while NATS is away", context do
        config = broker!(context, queue_bytes: 10_000)
        NATS.kill(context.nats)
        publish(config, 1..3, 4_000)
        assert_receive {:bmp_broker, {:failed, :queue_full}, 3}, 5_000
        refute_received {:bmp_broker, _, 1}
      end

      test "pauses while the stream is too full, refuses nothing, and keeps the order", context do
        test = self()
        handler = fn [_, _, :broker, verb], _, %{station: station}, _ -> send(test, {verb, station}) end
        events = for verb <- [:full, :refused], do: [:serviceradar, :bmp, :broker, verb]
        :ok = Telemetry.attach(context.name, events, handler)
        on_exit(fn -> Telemetry.detach(context.name) end)

        config = broker!(context, max_bytes: 400_000)
        spawn_link(fn -> publish(config, 1..300, 2_000) && send(test, {:published, acked(300)}) end)

        station = context.name
        assert_receive {:full, ^station}, 10_000
        Process.sleep(1_000)
        # One partition's half of three quarters of the bytes, and never all.
        assert messages_in_stream(config) in 50..80

        {:ok, subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 1_000)

        taken =
          Enum.reduce_while(Stream.cycle([:ok]), [], fn _, taken ->
            deliveries = take(subscription, 1)
            JetStream.ack(subscription, List.last(deliveries).tag)
            taken = taken ++ numbers(deliveries)
            if length(taken) >= 300, do: {:halt, taken}, else: {:cont, taken}
          end)

        assert taken == Enum.to_list(1..300)
        assert_receive {:published, _}, 5_000
        refute_received {:refused, ^station}
      end

      test "a partition that nobody consumes takes no room from another", context do
        config = broker!(context, max_bytes: 400_000)
        publish(config, 1..300, 2_000)
        other = <<1::128>>
        assert Batch.partition(other, 2) == 1
        acked(40)
        # Until it stands still.
        Process.sleep(1_500)

        for number <- 1_001..1_050 do
          batch = %{batch(number, 1_000) | router_id: other, id: "other-#{number}"}
          JetStream.publish(config, batch, {:other, number})
        end

        for number <- 1_001..1_050, do: assert_receive({:bmp_broker, :acked, {:other, ^number}}, 10_000)
      end

      test "a session whose batch was refused, and stored after its successor, is told so", context do
        config = broker!(context, max_bytes: 100_000)
        {_, options} = config.broker
        {:ok, other} = Gnat.start_link(%{host: "127.0.0.1", port: context.nats.port})
        eventually(fn -> match?({:ok, _}, API.request(other, options, "STREAM.INFO.BMP")) end)

        # Somebody else fills the stream just after the broker has looked how full it is.
        {:ok, sid} = Gnat.sub(other, self(), "$JS.API.STREAM.INFO.BMP")
        assert_receive {:msg, %{topic: "$JS.API.STREAM.INFO.BMP"}}, 2_000
        assert_receive {:msg, %{topic: "$JS.API.STREAM.INFO.BMP"}}, 2_000
        link = GenServer.whereis(Instance.via(config.name, :nats_link))
        :sys.suspend(link)
        for _ <- 1..9, do: {:ok, _} = Gnat.request(other, "events.bgp.raw.1", :binary.copy("x", 10_200))
        Gnat.unsub(other, sid)

        publish(config, [1], 1_000)
        publish(config, [2], 9_000)
        publish(config, [3], 1_000)
        assert acked(2) == [1, 3]
        :sys.resume(link)
        test = self()
        spawn_link(fn -> publish(config, [4]) && send(test, {:other_session, acked(1)}) end)
        refute_receive {:bmp_broker, _, 2}, 500

        {:ok, _} = API.request(other, options, "STREAM.PURGE.BMP", %{filter: "events.bgp.raw.1"})
        assert_receive {:bmp_broker, {:failed, :order_lost}, 2}, 20_000
        assert_receive {:other_session, [4]}, 20_000
        # What comes later is in order again.
        publish(config, [5, 6])
        assert acked(2) == [5, 6]

        {:ok, subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 10)
        assert subscription |> take(6) |> numbers() == [1, 3, 2, 4, 5, 6]
      end
    end

    describe "the stream" do
      test "that another stream's subjects overlap is told by name", context do
        config = config(context)
        {_, options} = config.broker
        {:ok, gnat} = Gnat.start_link(%{host: "127.0.0.1", port: context.nats.port})
        {:ok, _} = API.request(gnat, options, "STREAM.CREATE.events", %{name: "events", subjects: ["events.>"]})

        log =
          capture_log(fn ->
            start_supervised!(JetStream.child_spec(config))
            link = Instance.whereis(config.name, :nats_link)
            eventually(fn -> is_binary(:sys.get_state(link).complaint) end)
          end)

        assert log =~ "the stream events already has events.bgp.raw.*. Set :subject_prefix"
      end

      test "with retention by limits is used as it is, and read on from what is acknowledged", context do
        config = config(context)
        {_, options} = config.broker
        {:ok, gnat} = Gnat.start_link(%{host: "127.0.0.1", port: context.nats.port})
        stream = %{name: "BMP", subjects: ["events.bgp.raw.*"], retention: "limits"}
        {:ok, _} = API.request(gnat, options, "STREAM.CREATE.BMP", stream)

        start_supervised!(JetStream.child_spec(config))
        publish(config, 1..20)
        acked(20)
        {:ok, subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 10)
        deliveries = take(subscription, 10)
        assert numbers(deliveries) == Enum.to_list(1..10)
        JetStream.ack(subscription, Enum.at(deliveries, 4).tag)
        eventually(fn -> ack_floor(config) == 5 end)

        stop_supervised!(JetStream)
        start_supervised!(JetStream.child_spec(config))
        {:ok, subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 100)
        assert subscription |> take(15) |> numbers() == Enum.to_list(6..20)
        assert messages_in_stream(config) == 20
      end

      test "with batches of partitions that nobody has is told", context do
        config = broker!(context)
        eventually(fn -> gnat(config) end)
        {:ok, _} = publish_elsewhere(config)

        log =
          capture_log(fn ->
            stop_supervised!(JetStream)
            start_supervised!(JetStream.child_spec(config))
            JetStream.Link.join(config.name)
            assert_receive {:link, _gnat, %{}}
          end)

        assert log =~ ~s(%{"events.bgp.raw.9" => 1})
      end
    end

    defp publish_elsewhere(config) do
      eventually(fn ->
        match?({:ok, _}, Gnat.request(gnat(config), "events.bgp.raw.9", "x", receive_timeout: 1_000))
      end)

      {:ok, :stored}
    end

    defp ack_floor(config) do
      {_, options} = config.broker

      {:ok, %{"ack_floor" => %{"stream_seq" => floor}}} =
        API.request(gnat(config), options, "CONSUMER.INFO.BMP.serviceradar-bmp-0")

      floor
    end

    describe "consuming" do
      test "delivers what is asked for and no more, in order, and removes what is acknowledged", context do
        config = broker!(context)
        publish(config, 1..50)
        acked(50)
        {:ok, {ref, _} = subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 20)
        deliveries = take(subscription, 20)
        assert numbers(deliveries) == Enum.to_list(1..20)
        refute_receive {:bmp_deliveries, ^ref, _}, 300

        JetStream.ack(subscription, List.last(deliveries).tag)
        eventually(fn -> messages_in_stream(config) == 30 end)
      end

      test "takes thousands of batches in stream order while they are published", context do
        config = broker!(context)
        count = 5_000
        {:ok, subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 500)
        test = self()
        spawn_link(fn -> publish(config, 1..count, 200) && send(test, {:published, acked(count)}) end)

        taken =
          Enum.reduce_while(Stream.cycle([:ok]), [], fn _, taken ->
            deliveries = take(subscription, 1)
            JetStream.ack(subscription, List.last(deliveries).tag)
            JetStream.demand(subscription, length(deliveries))
            taken = [deliveries | taken]
            if Enum.sum(Enum.map(taken, &length/1)) == count, do: {:halt, taken}, else: {:cont, taken}
          end)

        assert taken |> Enum.reverse() |> Enum.concat() |> numbers() == Enum.to_list(1..count)
        assert_receive {:published, _}, 10_000
        eventually(fn -> messages_in_stream(config) == 0 end)
      end

      test "asks for no more bytes than it may, and still gets a batch beyond them", context do
        config = broker!(context, pull_bytes: 10_000)
        publish(config, 1..10, 4_000)
        publish(config, [11], 50_000)
        publish(config, 12..20, 4_000)
        acked(20)
        {:ok, subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 100)
        assert subscription |> take(20) |> numbers() == Enum.to_list(1..20)
      end

      test "a new subscriber gets again what the last one had not acknowledged, before anything newer", context do
        config = broker!(context)
        publish(config, 1..10)
        acked(10)
        test = self()

        {pid, monitor} =
          spawn_monitor(fn ->
            {:ok, subscription} = JetStream.subscribe(config, 0, nil)
            JetStream.demand(subscription, 10)
            deliveries = take(subscription, 10)
            JetStream.ack(subscription, Enum.at(deliveries, 2).tag)
            send(test, {:taken, numbers(deliveries)})
            Process.sleep(:infinity)
          end)

        assert_receive {:taken, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}, 5_000
        eventually(fn -> messages_in_stream(config) == 7 end)
        Process.exit(pid, :kill)
        assert_receive {:DOWN, ^monitor, :process, _, _}
        publish(config, 11..15)
        acked(5)

        {:ok, subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 100)
        assert subscription |> take(12) |> numbers() == Enum.to_list(4..15)
      end

      test "a batch that is worked on for longer than the ack wait is not delivered twice", context do
        config = broker!(context, ack_wait: 600)
        publish(config, 1..3)
        acked(3)
        {:ok, {ref, _} = subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 10)
        deliveries = take(subscription, 3)
        refute_receive {:bmp_deliveries, ^ref, _}, 1_500
        assert %{"num_redelivered" => 0, "num_ack_pending" => 3} = consumer(config)
        JetStream.ack(subscription, List.last(deliveries).tag)
        eventually(fn -> messages_in_stream(config) == 0 end)
      end

      test "goes on when its durable consumer is deleted", context do
        config = broker!(context)
        publish(config, 1..4)
        acked(4)
        {:ok, subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 100)
        deliveries = take(subscription, 4)
        JetStream.ack(subscription, Enum.at(deliveries, 1).tag)
        {_, options} = config.broker
        {:ok, _} = API.request(gnat(config), options, "CONSUMER.DELETE.BMP.serviceradar-bmp-0")
        publish(config, 5..6)
        more = take(subscription, 2)
        # 3 and 4 are redelivered by the server, but not to the subscriber, who has them.
        assert numbers(more) == [5, 6]
        JetStream.ack(subscription, List.last(more).tag)
        eventually(fn -> messages_in_stream(config) == 0 end)
      end

      test "goes on when the whole stream is deleted", context do
        config = broker!(context)
        {:ok, subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 100)
        publish(config, 1..4)
        acked(4)
        assert subscription |> take(4) |> numbers() == [1, 2, 3, 4]
        {_, options} = config.broker
        {:ok, _} = API.request(gnat(config), options, "STREAM.DELETE.BMP")
        publish(config, 5..6)
        assert acked(2) == [5, 6]
        assert subscription |> take(2) |> numbers() == [5, 6]
      end

      test "a second station that takes a partition without a lease is left alone by the first", context do
        config = broker!(context)
        {:ok, {ref, _} = first} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(first, 100)
        publish(config, [1])
        assert first |> take(1) |> numbers() == [1]

        other = config(%{context | name: :"#{context.name}-other"})
        start_supervised!(Map.put(JetStream.child_spec(other), :id, :other))
        {:ok, second} = JetStream.subscribe(other, 0, nil)
        JetStream.demand(second, 100)
        assert second |> take(1) |> numbers() == [1]
        publish(config, 2..20)
        assert second |> take(19) |> numbers() == Enum.to_list(2..20)
        refute_received {:bmp_deliveries, ^ref, _}
      end
    end

    defp consumer(config) do
      {_, options} = config.broker
      {:ok, info} = API.request(gnat(config), options, "CONSUMER.INFO.BMP.serviceradar-bmp-0")
      info
    end

    describe "dead letters" do
      test "are kept in a stream of their own, with the reason", context do
        config = broker!(context)
        eventually(fn -> gnat(config) end)
        assert :ok = JetStream.dead_letter(config, 1, "not a batch", "wire type 6\nat 0")
        assert :ok = JetStream.dead_letter(config, 1, "nor this", "wire type 7")

        {_, options} = config.broker
        request = %{seq: 1}
        {:ok, %{"message" => message}} = API.request(gnat(config), options, "STREAM.MSG.GET.BMP-DEAD", request)
        assert %{"subject" => "events.bgp.dead", "seq" => 1} = message
        assert Base.decode64!(message["data"]) == "not a batch"
        assert Base.decode64!(message["hdrs"]) =~ "Bmp-Reason: wire type 6?at 0\r\nBmp-Partition: 1\r\n"
      end
    end

    describe "when nats-server is killed and started again" do
      test "everything published gets through, in order, once", context do
        config = broker!(context)
        {:ok, subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 100_000)
        count = 3_000
        test = self()

        spawn_link(fn ->
          for number <- 1..count do
            JetStream.publish(config, batch(number, 100), number)
            if rem(number, 10) == 0, do: Process.sleep(5)
          end

          send(test, {:published, length(acked(count))})
        end)

        first = take(subscription, 500)
        JetStream.ack(subscription, Enum.at(first, 400).tag)
        nats = NATS.kill(context.nats)
        Process.sleep(300)
        Servers.again!(nats)

        all = first ++ take(subscription, count - length(first))
        assert numbers(all) == Enum.to_list(1..count)
        assert_receive {:published, ^count}, 30_000
        JetStream.ack(subscription, List.last(all).tag)
        eventually(fn -> messages_in_stream(config) == 0 end)
      end
    end

    # Base32 of the bytes and their CRC-16 (XMODEM), low octet first.
    defp nkey(bytes) do
      crc =
        for <<byte <- bytes>>, reduce: 0 do
          crc -> Enum.reduce(1..8, Bitwise.bxor(crc, Bitwise.bsl(byte, 8)), fn _, crc -> crc_step(crc) end)
        end

      Base.encode32(<<bytes::binary, crc::little-16>>, padding: false)
    end

    defp crc_step(crc) when crc >= 0x8000, do: Bitwise.band(Bitwise.bxor(Bitwise.bsl(crc, 1), 0x1021), 0xFFFF)
    defp crc_step(crc), do: Bitwise.bsl(crc, 1)

    describe "options" do
      test "are checked" do
        assert {:error, ":window is an integer above 0, not 0"} = JetStream.validate(window: 0)
        assert {:error, ":stream is a name" <> _} = JetStream.validate(stream: "a.b")
        assert {:error, ":subject_prefix is a subject" <> _} = JetStream.validate(subject_prefix: "bgp.raw.")
        assert {:error, ":servers: \"http://nats\" is no" <> _} = JetStream.validate(servers: ["http://nats"])
        assert {:error, ":creds, /nowhere: no such file" <> _} = JetStream.validate(creds: "/nowhere")
        assert {:error, "unknown [:widnow]; known are " <> _} = JetStream.validate(widnow: 1)
        assert {:ok, options} = JetStream.validate([])
        assert options[:stream] == "BMP"
      end

      @tag nats: ~s(authorization { user: "bmp", password: "s3cret" })
      test "user and password of the URL are used", %{nats: nats} = context do
        config = broker!(context, servers: ["nats://bmp:s3cret@127.0.0.1:#{nats.port}"])
        publish(config, [1])
        assert acked(1) == [1]
        refute inspect(config, limit: :infinity) =~ "s3cret"
      end

      test "an NKey is used", context do
        # A key pair of Ed25519, as NATS writes seeds and users.
        {public, seed} = :crypto.generate_key(:eddsa, :ed25519)
        seed = nkey(<<18::5, 20::5, 0::6, seed::binary>>)
        user = nkey(<<20::5, 0::3, public::binary>>)
        nats = Servers.nats!("authorization { users: [ { nkey: #{user} } ] }")

        config = broker!(%{context | nats: nats}, settings: [nkey_seed: seed])
        publish(config, [1])
        assert acked(1) == [1]
      end

      test "over TLS the server's certificate is verified", context do
        key = [key: {:namedCurve, :secp256r1}, digest: :sha256]
        chain = %{root: key, intermediates: [], peer: key}
        chains = :public_key.pkix_test_data(%{server_chain: chain, client_chain: chain})
        %{server_config: server, client_config: client} = chains

        folder = context.nats.folder
        {type, key} = server[:key]
        pem = fn type, der -> :public_key.pem_encode([{type, der, :not_encrypted}]) end
        File.write!(Path.join(folder, "cert.pem"), pem.(:Certificate, server[:cert]))
        File.write!(Path.join(folder, "key.pem"), pem.(type, key))
        nats = Servers.nats!(~s(tls { cert_file: "#{folder}/cert.pem", key_file: "#{folder}/key.pem" }))
        url = "tls://127.0.0.1:#{nats.port}"

        # Not one of the system's authorities.
        config = broker!(%{context | nats: nats}, servers: [url])
        publish(config, [1])
        refute_receive {:bmp_broker, :acked, 1}, 1_500
        stop_supervised!(JetStream)

        name = :net_adm.localhost()
        ssl_opts = [cacerts: client[:cacerts], server_name_indication: name]
        config = broker!(%{context | nats: nats}, servers: [url], settings: [ssl_opts: ssl_opts])
        publish(config, [1])
        assert acked(1) == [1]
      end

      test "a connection of the host's is used", %{nats: nats} = context do
        {:ok, _} = Gnat.start_link(%{host: "127.0.0.1", port: nats.port}, name: :"#{context.name}-nats")
        config = broker!(context, servers: ["nats://127.0.0.1:1"], connection: :"#{context.name}-nats")
        publish(config, [1])
        assert acked(1) == [1]
        {:ok, subscription} = JetStream.subscribe(config, 0, nil)
        JetStream.demand(subscription, 1)
        assert subscription |> take(1) |> numbers() == [1]
      end
    end
  end
end
