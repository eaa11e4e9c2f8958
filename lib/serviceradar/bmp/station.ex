defmodule ServiceRadar.BMP.Station do
  @moduledoc """
  The processes of a station, in the order in which they start:

      Station
      ├─ store         e.g. Store.Memory
      ├─ broker        e.g. Broker.Local
      ├─ OCSF          where a file is configured
      ├─ pipeline      the partitions that this station owns
      ├─ Sessions      knows every session, and ends those that crashed
      ├─ sessions      a Session for each connected router
      └─ Listener      accepts connections

  They stop in the opposite order, and that is draining: nobody new is accepted; sessions end, hand over their last
  batches and wait for the broker to have them; the pipeline takes what the broker still has. When one of them dies,
  those after it start anew too: routers reconnect and send again.
  """
  use Supervisor

  alias ServiceRadar.BMP.{Config, Instance, Listener, OCSF, Pipeline, Sessions}

  @spec start_link(Config.t()) :: Supervisor.on_start()
  def start_link(%Config{} = config),
    do: Supervisor.start_link(__MODULE__, config, name: Instance.via(config.name, :station, config))

  @impl true
  def init(config) do
    %Config{store: {store, _}, broker: {broker, _}} = config

    ocsf = if config.ocsf, do: [%{id: OCSF, start: {OCSF, :start_link, [config]}}], else: []

    sessions =
      {DynamicSupervisor,
       name: Instance.via(config.name, :session_supervisor), max_children: config.max_sessions, max_restarts: 0}

    children =
      [store.child_spec(config), broker.child_spec(config)] ++
        ocsf ++ [Pipeline.child_spec(config), {Sessions, config}, sessions, {Listener, config}]

    Supervisor.init(children, strategy: :rest_for_one, max_restarts: 10, max_seconds: 60)
  end
end
