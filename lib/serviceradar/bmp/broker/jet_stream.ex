if Code.ensure_loaded?(Gnat) do
  defmodule ServiceRadar.BMP.Broker.JetStream do
    @moduledoc """
    NATS JetStream (2.9 or newer) as the broker: what it has acknowledged outlives this VM.

    A batch is published to `<subject_prefix>.<partition>`, with these headers:

    | header | value |
    |---|---|
    | `Nats-Msg-Id` | the batch's id: JetStream drops a second copy |
    | `Nats-Expected-Stream` | the stream's name, so that no other stream can swallow it |
    | `Bmp-Router-Id` | the router's id, a UUID |

    Every station and every edge collector of a stream has to have the same number of partitions: a router's partition
    is a hash of its id modulo that number.

    ## Order, and what keeps it

    Publishing is pipelined: many batches of a partition are on their way at a time, each answered by its own
    acknowledgement. When one is refused or not answered, nothing more is sent until the others are answered; then
    everything from the first unacknowledged batch on is sent again in its order, the first of them alone. Copies have
    the same message id. Where JetStream has forgotten an id (after the stream's `duplicate_window`), the routing table
    drops the copy by its epoch and sequence. Where a batch came to be stored after its successor all the same, it is
    failed: its session ends, and the router sends again.

    Each partition has one durable pull consumer, `<durable>-<partition>`. JetStream by itself redelivers what was not
    acknowledged *after* newer messages. So the consumer is made anew whenever a subscriber or a connection begins,
    and starts at the first message that is not acknowledged: redelivery is in stream order, before anything newer.
    Only the partition's owner makes it, and asks the store each time whether it still is that. Where no store knows owners
    (`Store.Memory`), one station only may consume: the last that begins does, and the one before stops.

    ## Resets

    The owner of a partition that missed something of a session has it closed, so that the router sends everything again. It
    asks by a NATS request, which is not kept, on `<subject_prefix without its last token>.control.reset`, by default
    `events.bgp.control.reset`: a JSON object with `session_id` (hexadecimal), `collector` and `reason`. Every receiver listens
    there, and the one that has the session closes it and answers `+OK`.

    ## The stream

    It is created where it is missing: file storage, retention `workqueue` (what is committed is removed), discard `new`
    (a full stream refuses). Publishing stops before that, at three quarters: so a pipeline that is too slow holds up the
    sessions, and nothing is lost. Each partition has its share of this room, so that a slow one never takes it from others. A stream that exists is
    used as it is, also with retention `limits`; its subjects have to cover ours.

    ## Semantic events

    With `:semantic_events` the owner of a partition publishes, after its commit, one JSON object for each peer that came up
    or went down, each route that changed, and each Statistics Report. Their fields are those that ServiceRadar's
    `CausalSignals` processor looks for (`event_type`, `event_id`, `severity_id`, `router_id`, `router_ip`, `peer_ip`,
    `peer_asn`, `local_asn`, `vrf`, `prefix`, `timestamp`, `message`), and more beside. The id, also the message id, is made
    of what happened and not of when it was received. A session reset that tells the same routes again gives no event. A
    Peer Down ends its peer's routes, tells how many (`routes`) and gives no withdrawal for each. A station that is killed
    between its commit and the publication loses the events of that commit: they are news; the state is in the store.

    ## Options

    * `:connection` - the name of a Gnat connection that the host application supervises. Default: a connection of
      our own, made with the next three options
    * `:servers` - URLs, `nats://` or `tls://`, with user and password or token if need be; default
      `["nats://127.0.0.1:4222"]`. One of them is taken at random each time it connects. (Gnat logs its settings at level
      debug, passwords too)
    * `:creds` - path of a credentials file (user JWT and NKey seed)
    * `:settings` - anything else that `Gnat.start_link/1` takes, a keyword list: `tls`, `ssl_opts`, `nkey_seed`,
      `inbox_prefix` and so on. TLS verifies the server against the system's certificates unless `ssl_opts` says otherwise
    * `:domain` - JetStream domain
    * `:stream` - default `"BMP"`
    * `:subject_prefix` - default `"events.bgp.raw"`. In a running ServiceRadar the stream `events` owns `events.>`:
      there it is `"bgp.raw"`
    * `:dead_letter_subject` - where batches go that cannot be read, in a stream of its own, `<stream>-DEAD`; default
      `"events.bgp.dead"`
    * `:durable` - default `"serviceradar-bmp"`
    * `:max_bytes`, `:max_age` (ms, 0 for none), `:replicas`, `:duplicate_window` (ms) - of a stream that is created; default
      1 GiB, 0, 1, 120,000
    * `:window`, `:window_bytes` - most messages and bytes of a partition that are sent and not yet acknowledged;
      default 256 and 8 MiB
    * `:queue_bytes` - most bytes of a partition that are held altogether, sent or waiting; default 256 MiB. Beyond it
      a batch is failed, and the session that sent it ends
    * `:ack_timeout` - ms until an unanswered batch is sent again; default 5,000
    * `:pull`, `:pull_bytes` - most messages and bytes asked for at a time; default 256 and 16 MiB
    * `:semantic_events` - whether what changed is also published as events that ServiceRadar's own event writer reads, to
      `bmp.events.peer_up`, `.peer_down`, `.route_update`, `.route_withdraw` and `.stats`; see "Semantic events". `false`,
      the default, `true`, or a keyword list with `:stream` (`"BMP_CAUSAL"`), `:subject_prefix` (`"bmp.events"`),
      `:max_bytes`, `:max_age` (ms) of a stream that is created, and `:window`, the most events not yet acknowledged
    * `:ocsf` - whether OCSF events (`ServiceRadar.BMP.OCSF`) are also published, to `bmp.ocsf.network_activity` and
      `bmp.ocsf.detection_finding`, each with its `metadata.uid` as message id. `false`, the default, `true`, or a keyword list as of
      `:semantic_events`; the stream is `"BMP_OCSF"`, the prefix `"bmp.ocsf"`. Under the prefix `"events."`, which is ServiceRadar's, events
      have what its event writer asks for beside OCSF's fields: their uid as `id`, and `log_provider`
    * `:interfaces` - a subject on which the states of interfaces are heard, as SNMP has them, for `ServiceRadar.BMP.Insight.interface/2`;
      `*` and `>` are allowed. Default none
    * `:ack_wait` - the consumer's ack wait, in ms; default 30,000. It is extended while a batch is being worked on
    """
    @behaviour ServiceRadar.BMP.Broker

    alias ServiceRadar.BMP.{Batch, Config, Deltas, Instance, Options}
    alias ServiceRadar.BMP.Broker.JetStream.{Connection, Consumer, DeadLetters, Interfaces, Link}
    alias ServiceRadar.BMP.Broker.JetStream.{Publisher, Resets, SemanticEvents}

    @defaults [
      connection: nil,
      servers: ["nats://127.0.0.1:4222"],
      creds: nil,
      settings: [],
      domain: nil,
      stream: "BMP",
      subject_prefix: "events.bgp.raw",
      dead_letter_subject: "events.bgp.dead",
      durable: "serviceradar-bmp",
      max_bytes: 1024 * 1024 * 1024,
      max_age: 0,
      replicas: 1,
      duplicate_window: 120_000,
      window: 256,
      window_bytes: 8 * 1024 * 1024,
      queue_bytes: 256 * 1024 * 1024,
      ack_timeout: 5_000,
      pull: 256,
      pull_bytes: 16 * 1024 * 1024,
      ack_wait: 30_000,
      semantic_events: false,
      ocsf: false,
      interfaces: nil
    ]
    @positive [:max_bytes, :replicas, :duplicate_window] ++
                [:window, :window_bytes, :queue_bytes, :ack_timeout, :pull, :pull_bytes, :ack_wait]

    @impl true
    def validate(options) do
      with {:ok, options} <- Options.known(options, @defaults),
           :ok <- each(options, @positive, &(is_integer(&1) and &1 > 0), "an integer above 0"),
           :ok <- each(options, [:interfaces], &subject?/1, "a subject, or nil"),
           :ok <- each(options, [:max_age], &(is_integer(&1) and &1 >= 0), "milliseconds, 0 or more"),
           :ok <- each(options, [:stream, :durable], &name?/1, "a name without spaces, dots and wildcards"),
           :ok <-
             each(
               options,
               [:subject_prefix, :dead_letter_subject],
               &prefix?/1,
               "a subject without spaces and wildcards"
             ),
           {:ok, events} <- SemanticEvents.validate(:semantic_events, options[:semantic_events]),
           {:ok, ocsf} <- SemanticEvents.validate(:ocsf, options[:ocsf]),
           do: options |> Keyword.merge(semantic_events: events, ocsf: ocsf) |> Connection.validate()
    end

    defp each(options, keys, valid?, what) do
      Enum.find_value(keys, :ok, fn key ->
        value = options[key]
        unless valid?.(value), do: {:error, "#{inspect(key)} is #{what}, not #{inspect(value)}"}
      end)
    end

    defp name?(name), do: is_binary(name) and name =~ ~r/\A[^\s.*>\/\\]+\z/
    defp subject?(subject), do: is_nil(subject) or (is_binary(subject) and subject =~ ~r/\A\S+\z/)
    defp prefix?(prefix), do: is_binary(prefix) and prefix =~ ~r/\A[^\s.*>]+(\.[^\s.*>]+)*\z/

    # A publisher that dies takes its batches along, so nothing here is restarted by itself: the station's supervisor
    # starts the sessions anew with it, and the routers send again.
    @impl true
    def child_spec(%Config{broker: {__MODULE__, options}} = config) do
      members =
        for {role, module} <- [receive: Publisher, pipeline: Consumer],
            role in config.roles,
            partition <- 0..(config.partitions - 1),
            do: {module, {config, partition}}

      resets = if :receive in config.roles, do: [{Resets, config}], else: []

      events =
        for kind <- [:semantic_events, :ocsf], options[kind] && :pipeline in config.roles do
          Supervisor.child_spec({SemanticEvents, {config, kind}}, id: kind)
        end

      interfaces =
        if options[:interfaces] && config.insight && :pipeline in config.roles, do: [{Interfaces, config}], else: []

      children =
        Connection.children(config.name, options) ++ [{Link, config} | resets] ++ events ++ interfaces ++ members

      %{
        id: __MODULE__,
        type: :supervisor,
        start: {Supervisor, :start_link, [children, [strategy: :one_for_all, max_restarts: 0]]}
      }
    end

    @impl true
    def shared?, do: true

    @impl true
    def publish(%Config{} = config, %Batch{} = batch, ref) do
      partition = Batch.partition(batch.router_id, config.partitions)
      GenServer.cast(Instance.via(config.name, {:publisher, partition}), {:publish, self(), ref, batch})
    end

    @impl true
    def subscribe(%Config{} = config, partition, token) do
      consumer = Instance.via(config.name, {:consumer, partition})
      {:ok, {GenServer.call(consumer, {:subscribe, token}, :infinity), consumer}}
    end

    @impl true
    def demand({ref, consumer}, count), do: GenServer.cast(consumer, {:demand, ref, count})

    @impl true
    def ack({ref, consumer}, tag), do: GenServer.cast(consumer, {:ack, ref, tag})

    @impl true
    def caught_up?(config, partition), do: Instance.value(config.name, {:consumer, partition}) == true

    @impl true
    defdelegate reset(config, session_id, collector, reason), to: Resets, as: :ask

    @impl true
    def tell(%Config{broker: {__MODULE__, options}} = config, deltas) do
      if options[:semantic_events],
        do: SemanticEvents.put(config, :semantic_events, Deltas.semantic(deltas)),
        else: :ok
    end

    @impl true
    def tell_ocsf(%Config{broker: {__MODULE__, options}} = config, events) do
      if options[:ocsf],
        do: SemanticEvents.put(config, :ocsf, Enum.map(events, &ocsf(&1, options[:ocsf][:subject_prefix]))),
        else: :ok
    end

    defp ocsf(json, prefix) do
      event = Jason.decode!(json)
      kind = if event["class_uid"] == 2004, do: "detection_finding", else: "network_activity"
      id = event["metadata"]["uid"]
      %{kind: kind, id: id, json: if(String.starts_with?(prefix, "events."), do: for_writer(json, id), else: json)}
    end

    # ServiceRadar's event writer drops what has no `id`, and its rules know a service by `log_provider`.
    defp for_writer("{" <> fields, id), do: ~s({"id":"#{id}","log_provider":"serviceradar_bmp",) <> fields

    @impl true
    def dead_letter(%Config{broker: {__MODULE__, options}} = config, partition, payload, reason) do
      gnat = GenServer.whereis(Connection.name(config.name, options))
      DeadLetters.put(gnat, options, partition, payload, reason)
    end

    @doc "The subject of a partition."
    @spec subject(keyword, non_neg_integer) :: String.t()
    def subject(options, partition), do: "#{options[:subject_prefix]}.#{partition}"
  end
end
