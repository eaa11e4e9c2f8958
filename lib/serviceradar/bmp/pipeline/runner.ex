defmodule ServiceRadar.BMP.Pipeline.Runner do
  @moduledoc """
  The pipeline without Broadway: one process a partition, that takes a few batches at a time through the stages.

  ## Options

  * `:batches` - how many batches are taken at a time; default 16
  """
  @behaviour ServiceRadar.BMP.Pipeline
  use GenServer

  require Logger

  alias ServiceRadar.BMP.{Config, Instance, Stages}

  @expire_every 1_000
  @retry 1_000

  @impl ServiceRadar.BMP.Pipeline
  def validate(options) do
    case Keyword.validate(options, batches: 16) do
      {:ok, [batches: batches] = options} when is_integer(batches) and batches > 0 -> {:ok, options}
      {:ok, [batches: other]} -> {:error, ":batches is an integer above 0, not #{inspect(other)}"}
      {:error, unknown} -> {:error, "unknown #{inspect(unknown)}; known is [:batches]"}
    end
  end

  @impl GenServer
  def init({%Config{} = config, partition}) do
    Process.flag(:trap_exit, true)
    {_, options} = config.pipeline
    {:ok, %{config: config, partition: partition, batches: options[:batches]}, {:continue, :start}}
  end

  @impl ServiceRadar.BMP.Pipeline
  def child_spec(%Config{} = config) do
    children =
      for partition <- 0..(config.partitions - 1) do
        %{
          id: partition,
          start:
            {GenServer, :start_link,
             [__MODULE__, {config, partition}, [name: Instance.via(config.name, {:pipeline, partition})]]},
          shutdown: config.session.drain_timeout + 1_000
        }
      end

    %{
      id: __MODULE__,
      type: :supervisor,
      start: {Supervisor, :start_link, [children, [strategy: :one_for_one, max_restarts: 100, max_seconds: 60]]}
    }
  end

  @impl GenServer
  def handle_continue(:start, state) do
    %{config: %{broker: {broker, _}} = config, partition: partition} = state

    with {:ok, stages} <- Stages.new(config, partition),
         {:ok, subscription} <- broker.subscribe(config, partition) do
      broker.demand(subscription, state.batches)
      Process.send_after(self(), :expire, @expire_every)
      {:noreply, Map.merge(state, %{stages: stages, broker: broker, subscription: subscription})}
    else
      {:error, reason} ->
        Logger.warning("partition #{partition} cannot start, trying again: #{inspect(reason)}")
        Process.send_after(self(), :start, @retry)
        {:noreply, state}
    end
  end

  @impl GenServer
  def handle_info(:start, state), do: {:noreply, state, {:continue, :start}}

  def handle_info({:bmp_deliveries, ref, deliveries}, %{subscription: {ref, _}} = state) do
    take(deliveries, state)
    {:noreply, state}
  end

  def handle_info(:expire, state) do
    Stages.expire(state.stages)
    Process.send_after(self(), :expire, @expire_every)
    {:noreply, state}
  end

  def handle_info({:EXIT, _from, reason}, state) when reason != :normal, do: {:stop, reason, state}
  def handle_info(_other, state), do: {:noreply, state}

  defp take(deliveries, state) do
    :ok = Stages.run(state.stages, Enum.map(deliveries, & &1.payload))
    state.broker.ack(state.subscription, List.last(deliveries).tag)
    state.broker.demand(state.subscription, length(deliveries))
  end

  # The sessions have stopped before: what they left in the broker is finite.
  @impl GenServer
  def terminate(reason, %{subscription: _} = state) when reason in [:shutdown, :normal],
    do: drain(state, System.monotonic_time(:millisecond) + state.config.session.drain_timeout)

  def terminate(_reason, _state), do: :ok

  defp drain(%{config: config, subscription: {ref, _}} = state, deadline) do
    if function_exported?(state.broker, :pending, 2) and state.broker.pending(config, state.partition) > 0 do
      receive do
        {:bmp_deliveries, ^ref, deliveries} ->
          take(deliveries, state)
          drain(state, deadline)
      after
        max(0, deadline - System.monotonic_time(:millisecond)) -> :ok
      end
    end
  end
end
