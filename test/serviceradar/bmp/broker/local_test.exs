defmodule ServiceRadar.BMP.Broker.LocalTest do
  use ExUnit.Case, async: true

  alias ServiceRadar.BMP.{Batch, Config}
  alias ServiceRadar.BMP.Broker.Local

  @router <<7::128>>

  setup context do
    limits = [max_bytes: context[:max_bytes] || 1_000, queue_bytes: context[:queue_bytes] || 10_000]
    options = [name: context.test, partitions: 2, broker: {Local, limits}]
    config = Config.new!(options)
    start_supervised!(Local.child_spec(config))
    %{config: config, partition: Batch.partition(@router, 2)}
  end

  defp publish(config, ref, payload),
    do: Local.publish(config, %Batch{id: "#{ref}", router_id: @router, payload: payload}, ref)

  defp receive_payloads(ref) do
    assert_receive {:bmp_deliveries, ^ref, deliveries}
    Enum.map(deliveries, & &1.payload)
  end

  test "delivers in order, no more than was asked for", %{config: config, partition: partition} do
    for n <- 1..4, do: publish(config, n, "#{n}")
    for n <- 1..4, do: assert_receive({:bmp_broker, :acked, ^n})

    {:ok, {ref, _} = subscription} = Local.subscribe(config, partition, nil)
    Local.demand(subscription, 3)
    assert receive_payloads(ref) == ["1", "2", "3"]
    refute_receive {:bmp_deliveries, _, _}, 20

    Local.demand(subscription, 3)
    assert receive_payloads(ref) == ["4"]
    publish(config, 5, "5")
    assert receive_payloads(ref) == ["5"]
    assert Local.pending(config, partition) == 5
  end

  @tag max_bytes: 10
  test "a publication beyond the limit is answered when there is room", %{config: config, partition: partition} do
    publish(config, 1, "12345")
    publish(config, 2, "123456")
    publish(config, 3, "1")
    assert_receive {:bmp_broker, :acked, 1}
    # 3 would have room, but may not overtake 2
    refute_receive {:bmp_broker, _, _}, 20

    {:ok, {ref, _} = subscription} = Local.subscribe(config, partition, nil)
    Local.demand(subscription, 10)
    assert_receive {:bmp_deliveries, ^ref, [%{tag: tag, payload: "12345"}]}
    Local.ack(subscription, tag)
    assert_receive {:bmp_broker, :acked, 2}
    assert_receive {:bmp_broker, :acked, 3}
    assert receive_payloads(ref) == ["123456", "1"]
  end

  @tag max_bytes: 10, queue_bytes: 30
  test "what waits for room has a limit too, and beyond it a batch fails", %{config: config, partition: partition} do
    for n <- 1..4, do: publish(config, n, String.duplicate("x", 10))
    assert_receive {:bmp_broker, :acked, 1}
    assert_receive {:bmp_broker, {:failed, :queue_full}, 4}
    {:ok, subscription} = Local.subscribe(config, partition, nil)
    Local.demand(subscription, 10)
    assert_receive {:bmp_deliveries, _, [%{tag: tag}]}
    Local.ack(subscription, tag)
    assert_receive {:bmp_broker, :acked, 2}
    publish(config, 5, "x")
    refute_receive {:bmp_broker, {:failed, _}, _}, 20
  end

  @tag max_bytes: 10
  test "a batch bigger than the limit goes through the empty queue", %{config: config} do
    publish(config, 1, String.duplicate("x", 100))
    assert_receive {:bmp_broker, :acked, 1}
  end

  test "what a dead consumer had not acknowledged comes again, in order", %{config: config, partition: partition} do
    for n <- 1..3, do: publish(config, n, "#{n}")
    test = self()

    consumer =
      spawn(fn ->
        {:ok, {ref, _} = subscription} = Local.subscribe(config, partition, nil)
        Local.demand(subscription, 2)

        receive do
          {:bmp_deliveries, ^ref, [first, _second]} -> Local.ack(subscription, first.tag)
        end

        send(test, :first_acked)
        Process.sleep(:infinity)
      end)

    assert_receive :first_acked
    Process.exit(consumer, :kill)

    {:ok, {ref, _} = subscription} = Local.subscribe(config, partition, nil)
    Local.demand(subscription, 10)
    assert_receive {:bmp_deliveries, ^ref, deliveries}
    assert [%{payload: "2", redelivered: true}, %{payload: "3", redelivered: false}] = deliveries
  end

  test "wrong options are said" do
    assert {:error, text} = Config.new(broker: {Local, max_bytes: 0})
    assert text =~ ":max_bytes is an integer above 0, not 0"
    assert {:error, text} = Config.new(broker: {Local, bytes: 1})
    assert text =~ "unknown [:bytes]"
  end
end
