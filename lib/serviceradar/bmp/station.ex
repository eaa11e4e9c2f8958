defmodule ServiceRadar.BMP.Station do
  @moduledoc """
  The processes of a station, in the order in which they start:

      Station
      ├─ store         e.g. Store.Memory
      ├─ broker        e.g. Broker.Local
      ├─ OCSF          where it is configured
      ├─ Feed          what the map draws
      ├─ Counts        how many routes each table held of late
      ├─ Lag           how far each session's commits are behind
      ├─ Webhook       where findings are posted, where it is configured
      ├─ Insight       what broke, where and why, where it is configured
      ├─ RPKI          Validated ROA Payloads for it, where there are to be any
      ├─ pipeline      the partitions that this station owns
      ├─ tees          a Tee.Stream for each session and further station, where there is one
      ├─ Sessions      knows every session, and ends those that crashed
      ├─ sessions      a Session for each connected router
      └─ Listener      accepts connections

  Those are of all three roles. A station that only receives has no store and no pipeline; one that only runs the pipeline
  has no sessions and no listener; one that is only viewed has its store, and never touches the broker.

  They stop in the opposite order, and that is draining: nobody new is accepted; sessions end, hand over their last
  batches and wait for the broker to have them; the pipeline takes what the broker still has. When one of them dies,
  those after it start anew too: routers reconnect and send again.
  """
  use Supervisor

  alias ServiceRadar.BMP.{Config, Counts, Feed, Insight, Instance, Lag, Listener, OCSF, Pipeline, Sessions, Tee}
  alias ServiceRadar.BMP.Insight.{RPKI, Webhook}

  @spec start_link(Config.t()) :: Supervisor.on_start()
  def start_link(%Config{} = config),
    do: Supervisor.start_link(__MODULE__, config, name: Instance.via(config.name, :station, config))

  @impl true
  def init(config) do
    children = for {child, roles} <- children(config), Enum.any?(roles, &(&1 in config.roles)), do: child

    Supervisor.init(children, strategy: :rest_for_one, max_restarts: 10, max_seconds: 60)
  end

  # With the roles that need it.
  defp children(%Config{store: {store, _}, broker: {broker, _}} = config) do
    sessions =
      {DynamicSupervisor,
       name: Instance.via(config.name, :session_supervisor), max_children: config.max_sessions, max_restarts: 0}

    [
      {store.child_spec(config), [:pipeline, :view]},
      {broker.child_spec(config), [:receive, :pipeline]},
      {%{id: OCSF, start: {OCSF, :start_link, [config]}}, if(config.ocsf, do: [:pipeline], else: [])},
      {Feed.child_spec(config), [:pipeline]},
      {Counts.child_spec(config), [:view]},
      {{Lag, config}, [:pipeline]},
      {%{id: Webhook, start: {Webhook, :start_link, [config]}}, if(config.webhook, do: [:pipeline], else: [])},
      {Insight.child_spec(config), if(config.insight, do: [:pipeline], else: [])},
      {{RPKI, config}, if(config.insight, do: [:pipeline], else: [])},
      {Pipeline.child_spec(config), [:pipeline]},
      {Tee.Stream.child_spec(config), if(config.tee.to == [], do: [], else: [:receive])},
      {{Sessions, config}, [:receive]},
      {sessions, [:receive]},
      {{Listener, config}, [:receive]}
    ]
  end
end
