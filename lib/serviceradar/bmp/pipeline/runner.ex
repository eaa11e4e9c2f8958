defmodule ServiceRadar.BMP.Pipeline.Runner do
  @moduledoc """
  The pipeline without Broadway: one process a partition, that takes a few batches at a time through the stages.

  ## Options

  * `:batches` - how many batches are taken at a time; default 16
  """
  @behaviour ServiceRadar.BMP.Pipeline
  use GenServer

  require Logger

  alias ServiceRadar.BMP.{Config, Instance, Options, Pipeline, Stages}

  @expire_every 1_000
  @retry 1_000

  @impl ServiceRadar.BMP.Pipeline
  def validate(options), do: Options.positive(options, batches: 16)

  @impl GenServer
  def init({%Config{} = config, partition, token}) do
    Process.flag(:trap_exit, true)
    {_, options} = config.pipeline
    {:ok, %{config: config, partition: partition, token: token, batches: options[:batches]}, {:continue, :start}}
  end

  @impl ServiceRadar.BMP.Pipeline
  def partition(%Config{} = config, partition, token) do
    name = Instance.via(config.name, {:pipeline, partition})

    child = %{
      id: partition,
      start: {GenServer, :start_link, [__MODULE__, {config, partition, token}, [name: name]]},
      shutdown: config.session.drain_timeout
    }

    Pipeline.supervisor(partition, [child])
  end

  @impl GenServer
  def handle_continue(:start, state) do
    %{config: %{broker: {broker, _}} = config, partition: partition} = state

    with {:ok, stages} <- Stages.new(config, partition, state.token),
         {:ok, subscription} <- broker.subscribe(config, partition, state.token) do
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
    {:noreply, take(deliveries, state)}
  end

  def handle_info(:expire, state) do
    stages = Stages.expire(state.stages)
    Process.send_after(self(), :expire, @expire_every)
    {:noreply, %{state | stages: stages}}
  end

  def handle_info({:EXIT, _from, reason}, state) when reason != :normal, do: {:stop, reason, state}
  def handle_info(_other, state), do: {:noreply, state}

  defp take(deliveries, state) do
    stages = Stages.run(state.stages, Enum.map(deliveries, & &1.payload))
    state.broker.ack(state.subscription, List.last(deliveries).tag)
    state.broker.demand(state.subscription, length(deliveries))
    %{state | stages: stages}
  end
end
