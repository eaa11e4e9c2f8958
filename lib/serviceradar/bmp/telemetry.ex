defmodule ServiceRadar.BMP.Telemetry do
  @moduledoc """
  The station's only instrumentation: events under `[:serviceradar, :bmp, thing, verb]`.

  With the package `:telemetry` these are its events. Without it (core build) handlers are called the same way, through
  `attach/4`, which works in both builds.

  Every event's metadata has `station`, the station's name. Durations are in native time units.

  | event | when | measurements | metadata |
  |---|---|---|---|
  | `[…, :listener, :started]` | it listens | `count` | `address`, `port` |
  | `[…, :session, :started]` | a router connected | `count` | `session`, `address`, `port` |
  | `[…, :session, :refused]` | a connection was not taken | `count` | `address`, `reason` (`:source`, `:limit`, `:source_limit`, `:source_rate`, `:proxy_header`, `:tls`, `:handshake_timeout`) |
  | `[…, :session, :batch]` | batches left a session | `bytes`, `batches`, `messages`, `routes` | `session`, `address` |
  | `[…, :session, :paused]` | it stopped reading: its window is full | `count` | `session`, `address` |
  | `[…, :session, :resumed]` | it reads again | `duration` | `session`, `address` |
  | `[…, :session, :stopped]` | it ended | `duration`, `bytes`, `messages`, `routes` | `session`, `address`, `reason` |
  | `[…, :tee, :connected]` | a further station is reached | `count` | `session`, `address`, `to` |
  | `[…, :tee, :sent]` | octets went to it | `bytes` | `session`, `address`, `to` |
  | `[…, :tee, :dropped]` | octets that a further station misses | `bytes` | `session`, `address` |
  | `[…, :tee, :lost]` | it is gone, or too slow and cut | `count` | `session`, `address`, `to`, `reason` |
  | `[…, :broker, :full]` | Local: a batch waits for room | `bytes` | `partition` |
  | `[…, :broker, :full]` | JetStream: publishing waits for room in the partition's share of the stream | `count` | `partition`, `stream` |
  | `[…, :broker, :connected]` | JetStream: it and the stream are there | `count` | `stream` |
  | `[…, :broker, :disconnected]` | JetStream: they are not | `count` | `stream` |
  | `[…, :broker, :acked]` | JetStream: a batch is in the stream | `duration`, `bytes`, `in_flight` | `partition` |
  | `[…, :broker, :refused]` | JetStream: a batch is refused, and will be sent again | `count` | `partition`, `reason` |
  | `[…, :broker, :resent]` | JetStream: batches are sent again | `count` | `partition` |
  | `[…, :broker, :consuming]` | JetStream: a consumer begins at what is not acknowledged | `count` | `partition` |
  | `[…, :events, :lost]` | JetStream: events that their stream does not take | `count` | `stream` |
  | `[…, :webhook, :lost]` | findings that the webhook did not get | `count` | `reason` |
  | `[…, :lease, :taken]` | this station owns a partition now | `count`, `unowned` (ms since its owner last renewed) | `partition`, `token`, `from` (an owner that is gone, or nil) |
  | `[…, :lease, :given_back]` | it gives one to a station that has fewer | `count` | `partition` |
  | `[…, :lease, :lost]` | another station has taken one | `count` | `partition` |
  | `[…, :pipeline, :loaded]` | a partition's routing table is read from the store | `duration`, `routes` | `partition` |
  | `[…, :pipeline, :applied]` | batches went through the routing table | `duration`, `batches`, `routes`, `changes`, `dead_letters`, and what was left out: `older` (delivered again), `superseded` (of a session that does not feed the table), `gaps` (something never came), `over_limit`, `unsplit` (NLRI of families that cannot be split into routes); and `add_path_inferred`, `add_path_taken_back` (RIBs that are read with or without path identifiers, other than negotiated) | `partition` |
  | `[…, :pipeline, :reset]` | a session is to begin anew, because something of it was missed | `count` | `partition`, `session`, `reason`, `result` |
  | `[…, :pipeline, :poisoned]` | a fault of ours left the routing table half changed: it is loaded again | `count` | `partition` |
  | `[…, :pipeline, :rejected]` | a batch that cannot be read was set aside | `count`, `bytes` | `partition`, `reason` |
  | `[…, :store, :committed]` | its rows are stored | `duration`, `batches`, `changes` | `partition` |
  | `[…, :store, :failed]` | they are not, and are tried again | `count`, `attempt` | `partition`, `reason` |
  | `[…, :store, :fenced]` | they are refused: the partition is another station's now | `count` | `partition` |
  | `[…, :store, :maintained]` | partitions of the time tables are made, and old ones dropped | `duration` | |
  """

  @prefix [:serviceradar, :bmp]

  @type event :: [atom]
  @type handler :: (event, map, map, term -> any)

  @doc "Every event, for `attach/4`."
  @spec events() :: [event]
  def events do
    for {thing, verbs} <- [
          listener: [:started],
          session: [:started, :refused, :batch, :paused, :resumed, :stopped],
          tee: [:connected, :sent, :dropped, :lost],
          broker: [:full, :connected, :disconnected, :acked, :refused, :resent, :consuming],
          events: [:lost],
          lease: [:taken, :given_back, :lost],
          pipeline: [:loaded, :applied, :reset, :poisoned, :rejected],
          store: [:committed, :failed, :fenced, :maintained]
        ],
        verb <- verbs,
        do: @prefix ++ [thing, verb]
  end

  if Code.ensure_loaded?(:telemetry) do
    @doc "Calls `handler` with event, measurements, metadata and `config`, in the process where the event happens."
    @spec attach(term, [event], handler, term) :: :ok | {:error, :already_exists}
    def attach(id, events, handler, config \\ nil), do: :telemetry.attach_many(id, events, handler, config)

    @doc "Ends what `attach/4` began."
    @spec detach(term) :: :ok | {:error, :not_found}
    def detach(id), do: :telemetry.detach(id)

    @doc false
    def execute(thing, verb, measurements, metadata),
      do: :telemetry.execute(@prefix ++ [thing, verb], measurements, metadata)
  else
    require Logger

    @handlers __MODULE__

    @doc "Calls `handler` with event, measurements, metadata and `config`, in the process where the event happens."
    @spec attach(term, [event], handler, term) :: :ok | {:error, :already_exists}
    def attach(id, events, handler, config \\ nil) do
      handlers = :persistent_term.get(@handlers, %{})

      if Map.has_key?(handlers, id) do
        {:error, :already_exists}
      else
        :persistent_term.put(@handlers, Map.put(handlers, id, {events, handler, config}))
      end
    end

    @doc "Ends what `attach/4` began."
    @spec detach(term) :: :ok | {:error, :not_found}
    def detach(id) do
      case Map.pop(:persistent_term.get(@handlers, %{}), id) do
        {nil, _} -> {:error, :not_found}
        {_, rest} -> :persistent_term.put(@handlers, rest)
      end
    end

    @doc false
    def execute(thing, verb, measurements, metadata) do
      event = @prefix ++ [thing, verb]

      for {id, {events, handler, config}} <- :persistent_term.get(@handlers, %{}), event in events do
        # As :telemetry does it: a handler that fails is not called again, and who emitted never notices.
        try do
          handler.(event, measurements, metadata, config)
        catch
          kind, reason ->
            detach(id)
            Logger.error("telemetry handler #{inspect(id)} failed and is detached: #{inspect({kind, reason})}")
        end
      end

      :ok
    end
  end
end
