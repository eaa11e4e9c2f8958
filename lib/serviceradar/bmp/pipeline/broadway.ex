if Code.ensure_loaded?(Broadway) do
  defmodule ServiceRadar.BMP.Pipeline.Broadway do
    @moduledoc """
    The pipeline on Broadway: one topology a partition, ordered per router, acknowledging after commit.

    A router's batches are all in one partition. Its topology has one producer, one processor and one batch processor,
    so nothing in it can overtake; what runs at the same time are the partitions. One topology for all, with
    `partition_by`, would keep the order too, but there a partition whose commit waits holds up the others.

        partition 0
        ├─ Partition      the stages and the routing table
        └─ Broadway       Producer → processor → batcher → batch processor
        partition 1 …

    The producer takes deliveries from any `ServiceRadar.BMP.Broker`. A batch is acknowledged after its changes are
    committed; a commit that fails is tried again in place by `ServiceRadar.BMP.Stages`. Where a process of the topology dies
    with batches in its hands, the batches after them are refused and the producer subscribes anew, so that the broker
    delivers again, in order, from the first that is not acknowledged. Where the partition's own process dies, the topology
    goes with it, and both begin anew.

    ## Options

    * `:batches`, `:bytes` - most batches and bytes committed at a time; default 64 and 8 MiB
    * `:wait` - for how long a batch waits for others to be committed together with, in ms; default 20
    """
    @behaviour ServiceRadar.BMP.Pipeline
    use Broadway

    alias Broadway.Message
    alias ServiceRadar.BMP.{Config, Instance, Options, Pipeline}
    alias ServiceRadar.BMP.Pipeline.Broadway.{Partition, Producer}

    @defaults [batches: 64, bytes: 8 * 1024 * 1024, wait: 20]

    @impl ServiceRadar.BMP.Pipeline
    def validate(options), do: Options.positive(options, @defaults)

    @impl ServiceRadar.BMP.Pipeline
    def partition(%Config{} = config, partition, token),
      do: Pipeline.supervisor(partition, [{Partition, {config, partition, token}}, topology(config, partition, token)])

    defp topology(%Config{pipeline: {_, options}} = config, partition, token) do
      batches = options[:batches]

      topology = [
        name: Instance.via(config.name, {:broadway, partition}),
        context: Instance.via(config.name, {:pipeline, partition}),
        producer: [module: {Producer, {config, partition, token}}, concurrency: 1],
        processors: [default: [concurrency: 1, max_demand: batches, min_demand: div(batches, 2)]],
        batchers: [
          default: [
            concurrency: 1,
            batch_size: {{0, 0}, &full?(&1, &2, batches, options[:bytes])},
            max_demand: batches,
            batch_timeout: options[:wait]
          ]
        ],
        shutdown: config.session.drain_timeout
      ]

      %{
        id: Broadway,
        type: :supervisor,
        start: {Broadway, :start_link, [__MODULE__, topology]},
        shutdown: :infinity
      }
    end

    @doc false
    def full?(%Message{data: payload}, {count, bytes}, most, most_bytes) do
      count = count + 1
      bytes = bytes + byte_size(payload)
      if count >= most or bytes >= most_bytes, do: {:emit, {0, 0}}, else: {:cont, {count, bytes}}
    end

    # Registered like all of the station's processes, not under atoms of their own.
    @impl Broadway
    def process_name({:via, registry, {name, {station, role}}}, base),
      do: {:via, registry, {name, {station, {role, base}}}}

    @impl Broadway
    def handle_message(:default, message, _partition), do: message

    @impl Broadway
    def handle_batch(:default, messages, _info, partition) do
      Producer.watch(messages)

      messages
      |> Enum.zip(Partition.run(partition, Enum.map(messages, &{&1.metadata.position, &1.data})))
      |> Enum.map(fn
        {message, :done} -> message
        {message, :refused} -> Message.failed(message, :out_of_order)
      end)
    end
  end
end
