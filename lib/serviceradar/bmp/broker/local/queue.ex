defmodule ServiceRadar.BMP.Broker.Local.Queue do
  @moduledoc false
  # The queue of one partition. Batches wait, are in flight at the consumer, or - where there is no room - are parked
  # with their publishers unanswered. What is held altogether has a limit too, beyond which a publication fails.
  use GenServer

  alias ServiceRadar.BMP.{Instance, Telemetry}

  def child_spec({_config, partition} = argument),
    do: %{id: {__MODULE__, partition}, start: {__MODULE__, :start_link, [argument]}}

  def start_link({config, partition} = argument),
    do: GenServer.start_link(__MODULE__, argument, name: Instance.via(config.name, {:broker, partition}))

  @impl true
  def init({config, partition}) do
    {_, options} = config.broker

    {:ok,
     %{
       station: config.name,
       partition: partition,
       max_bytes: options[:max_bytes],
       queue_bytes: options[:queue_bytes],
       # How many bytes of batches are taken, and how many are parked
       bytes: 0,
       parked_bytes: 0,
       next_tag: 1,
       waiting: :queue.new(),
       in_flight: :queue.new(),
       parked: :queue.new(),
       consumer: nil
     }}
  end

  @impl true
  def handle_call(:subscribe, {pid, _}, state) do
    state = forget_consumer(state)
    ref = Process.monitor(pid)
    {:reply, ref, %{state | consumer: %{ref: ref, pid: pid, demand: 0}}}
  end

  def handle_call(:pending, _from, state),
    do: {:reply, :queue.len(state.waiting) + :queue.len(state.in_flight) + :queue.len(state.parked), state}

  @impl true
  def handle_cast({:publish, from, ref, payload}, state) do
    cond do
      :queue.is_empty(state.parked) and room?(state, payload) ->
        {:noreply, state |> accept(from, ref, payload) |> deliver()}

      state.bytes + state.parked_bytes + byte_size(payload) > state.queue_bytes ->
        send(from, {:bmp_broker, {:failed, :queue_full}, ref})
        {:noreply, state}

      true ->
        metadata = %{station: state.station, partition: state.partition}
        Telemetry.execute(:broker, :full, %{bytes: state.bytes}, metadata)
        parked = :queue.in({from, ref, payload}, state.parked)
        {:noreply, %{state | parked: parked, parked_bytes: state.parked_bytes + byte_size(payload)}}
    end
  end

  def handle_cast({:demand, ref, count}, %{consumer: %{ref: ref} = consumer} = state),
    do: {:noreply, deliver(%{state | consumer: %{consumer | demand: consumer.demand + count}})}

  def handle_cast({:ack, ref, tag}, %{consumer: %{ref: ref}} = state),
    do: {:noreply, state |> forget(tag) |> unpark() |> deliver()}

  # From a consumer that another has replaced.
  def handle_cast({verb, _ref, _}, state) when verb in [:demand, :ack], do: {:noreply, state}

  @impl true
  def handle_info({:DOWN, ref, :process, _, _}, %{consumer: %{ref: ref}} = state),
    do: {:noreply, forget_consumer(state)}

  def handle_info(_, state), do: {:noreply, state}

  # A batch that is bigger than the whole limit is taken where the queue is empty.
  defp room?(state, payload), do: state.bytes == 0 or state.bytes + byte_size(payload) <= state.max_bytes

  defp accept(state, from, ref, payload) do
    send(from, {:bmp_broker, :acked, ref})
    delivery = %{tag: state.next_tag, payload: payload, redelivered: false}

    %{
      state
      | waiting: :queue.in(delivery, state.waiting),
        next_tag: state.next_tag + 1,
        bytes: state.bytes + byte_size(payload)
    }
  end

  defp unpark(state) do
    with {:value, {from, ref, payload}} <- :queue.peek(state.parked),
         true <- room?(state, payload) do
      %{state | parked: :queue.drop(state.parked), parked_bytes: state.parked_bytes - byte_size(payload)}
      |> accept(from, ref, payload)
      |> unpark()
    else
      _ -> state
    end
  end

  defp deliver(%{consumer: nil} = state), do: state

  defp deliver(%{consumer: consumer, waiting: waiting} = state) do
    case min(consumer.demand, :queue.len(waiting)) do
      0 ->
        state

      count ->
        {now, later} = :queue.split(count, waiting)
        send(consumer.pid, {:bmp_deliveries, consumer.ref, :queue.to_list(now)})
        consumer = %{consumer | demand: consumer.demand - count}
        %{state | consumer: consumer, waiting: later, in_flight: :queue.join(state.in_flight, now)}
    end
  end

  defp forget(state, tag) do
    case :queue.peek(state.in_flight) do
      {:value, %{tag: oldest, payload: payload}} when oldest <= tag ->
        forget(%{state | in_flight: :queue.drop(state.in_flight), bytes: state.bytes - byte_size(payload)}, tag)

      _ ->
        state
    end
  end

  defp forget_consumer(%{consumer: nil} = state), do: state

  defp forget_consumer(%{consumer: %{ref: ref}} = state) do
    Process.demonitor(ref, [:flush])
    again = :queue.from_list(for delivery <- :queue.to_list(state.in_flight), do: %{delivery | redelivered: true})
    %{state | consumer: nil, in_flight: :queue.new(), waiting: :queue.join(again, state.waiting)}
  end
end
