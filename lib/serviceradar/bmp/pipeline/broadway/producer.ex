if Code.ensure_loaded?(Broadway) do
  defmodule ServiceRadar.BMP.Pipeline.Broadway.Producer do
    @moduledoc false
    # Gives the deliveries of one partition of the broker to Broadway. Each has its position: the subscription it came
    # by, and its number in it.
    use GenStage
    @behaviour Broadway.Producer
    @behaviour Broadway.Acknowledger

    require Logger

    alias Broadway.Message

    @retry 500

    @impl GenStage
    def init({config, partition, token}) do
      {broker, _} = config.broker
      send(self(), :subscribe)

      {:producer,
       %{
         config: config,
         partition: partition,
         token: token,
         broker: broker,
         subscription: nil,
         # Asked for by Broadway and not delivered yet
         demand: 0,
         number: 0,
         watched: nil,
         draining: false
       }}
    end

    @doc "In a batch processor: what it has is lost if it dies, so the producer is to know."
    def watch(messages) do
      for producer <- messages |> Enum.map(& &1.metadata.producer) |> Enum.uniq(),
          Process.get(__MODULE__) != producer do
        Process.put(__MODULE__, producer)
        send(producer, {:watch, self()})
      end

      :ok
    end

    @impl GenStage
    def handle_demand(count, state) do
      if state.subscription, do: state.broker.demand(state.subscription, count)
      {:noreply, [], %{state | demand: state.demand + count}}
    end

    @impl GenStage
    def handle_info(:subscribe, %{subscription: nil, draining: false} = state) do
      case state.broker.subscribe(state.config, state.partition, state.token) do
        {:ok, subscription} ->
          if state.demand > 0, do: state.broker.demand(subscription, state.demand)
          {:noreply, [], %{state | subscription: subscription, number: 0}}

        {:error, reason} ->
          Logger.warning("partition #{state.partition} cannot subscribe, trying again: #{inspect(reason)}")
          {:noreply, [], anew(state)}
      end
    end

    def handle_info({:bmp_deliveries, ref, deliveries}, %{subscription: {ref, _}} = state) do
      {messages, number} = Enum.map_reduce(deliveries, state.number, &{message(&1, &2, state), &2 + 1})
      {:noreply, messages, %{state | number: number, demand: state.demand - length(deliveries)}}
    end

    def handle_info({:failed, ref}, %{subscription: {ref, _}} = state) do
      Logger.warning("partition #{state.partition}: batches were not taken; they are delivered again")
      {:noreply, [], anew(state)}
    end

    def handle_info({:watch, pid}, state), do: {:noreply, [], %{state | watched: Process.monitor(pid)}}

    def handle_info({:DOWN, watched, :process, _, _}, %{watched: watched} = state),
      do: {:noreply, [], anew(%{state | watched: nil})}

    def handle_info(_other, state), do: {:noreply, [], state}

    defp anew(state) do
      Process.send_after(self(), :subscribe, @retry)
      %{state | subscription: nil}
    end

    defp message(delivery, number, %{broker: broker, subscription: {ref, _} = subscription}) do
      %Message{
        data: delivery.payload,
        metadata: %{position: {ref, number}, producer: self(), redelivered: delivery.redelivered},
        acknowledger: {__MODULE__, {broker, subscription, self()}, delivery.tag}
      }
    end

    # What comes from now on stays with the broker.
    @impl Broadway.Producer
    def prepare_for_draining(state), do: {:noreply, [], %{state | subscription: nil, draining: true}}

    # Positions are taken in order, so those that were taken are the first of their subscription: the last tag is
    # good for all.
    @impl Broadway.Acknowledger
    def ack({broker, {ref, _} = subscription, producer}, taken, failed) do
      if taken != [], do: broker.ack(subscription, taken |> List.last() |> Map.fetch!(:acknowledger) |> elem(2))
      if failed != [], do: send(producer, {:failed, ref})
      :ok
    end
  end
end
