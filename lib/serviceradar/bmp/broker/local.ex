defmodule ServiceRadar.BMP.Broker.Local do
  @moduledoc """
  The broker inside this VM: a bounded queue for each partition. No server is needed, and nothing survives the VM:
  routers re-send when they reconnect.

  ## Options

  * `:max_bytes` - payload held for each partition; default 64 MiB. Beyond it publications wait for their
    acknowledgement, and with them the sessions
  * `:queue_bytes` - payload held for each partition altogether, with what waits for room; default 256 MiB. Beyond it a
    batch is failed, and the session that sent it ends: its router sends everything again when it comes back
  """
  @behaviour ServiceRadar.BMP.Broker

  alias ServiceRadar.BMP.{Batch, Config, Instance, Options, Sessions}
  alias ServiceRadar.BMP.Broker.Local.Queue

  @defaults [max_bytes: 64 * 1024 * 1024, queue_bytes: 256 * 1024 * 1024]

  @impl true
  def validate(options), do: Options.positive(options, @defaults)

  @impl true
  def child_spec(%Config{} = config) do
    children = for partition <- 0..(config.partitions - 1), do: {Queue, {config, partition}}
    # A queue that dies takes its batches along. Then the sessions have to start anew, so that routers send again.
    options = [strategy: :one_for_all, max_restarts: 0]
    %{id: __MODULE__, type: :supervisor, start: {Supervisor, :start_link, [children, options]}}
  end

  @impl true
  def shared?, do: false

  @impl true
  def publish(%Config{} = config, %Batch{} = batch, ref) do
    partition = Batch.partition(batch.router_id, config.partitions)
    GenServer.cast(queue(config, partition), {:publish, self(), ref, batch.payload})
  end

  @impl true
  def subscribe(config, partition, _token) do
    queue = queue(config, partition)
    {:ok, {GenServer.call(queue, :subscribe), queue}}
  end

  @impl true
  def demand({ref, queue}, count), do: GenServer.cast(queue, {:demand, ref, count})

  @impl true
  def ack({ref, queue}, tag), do: GenServer.cast(queue, {:ack, ref, tag})

  @doc "How many batches of a partition are not acknowledged."
  @impl true
  def pending(config, partition), do: GenServer.call(queue(config, partition), :pending)

  @impl true
  def caught_up?(config, partition), do: pending(config, partition) == 0

  @impl true
  def reset(config, session_id, _collector, reason), do: Sessions.reset(config, session_id, reason)

  defp queue(config, partition), do: Instance.via(config.name, {:broker, partition})
end
