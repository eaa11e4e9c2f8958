if Code.ensure_loaded?(Broadway) do
  defmodule ServiceRadar.BMP.Pipeline.Broadway.Partition do
    @moduledoc false
    # A partition's stages, and what keeps their order: batches are taken in the order of their positions, from the
    # first of a subscription on. One that would leave a gap is refused.
    use GenServer

    require Logger

    alias ServiceRadar.BMP.{Config, Instance, Stages}

    @expire_every 1_000
    @retry 1_000

    def child_spec({config, _partition, _token} = argument) do
      %{
        id: __MODULE__,
        start: {__MODULE__, :start_link, [argument]},
        shutdown: config.session.drain_timeout
      }
    end

    def start_link({%Config{} = config, partition, _token} = argument),
      do: GenServer.start_link(__MODULE__, argument, name: Instance.via(config.name, {:pipeline, partition}))

    @doc "Takes batches through the stages, and tells of each whether it was."
    @spec run(GenServer.server(), [{position :: {reference, non_neg_integer}, payload :: binary}]) :: [:done | :refused]
    def run(partition, batches), do: GenServer.call(partition, {:run, batches}, :infinity)

    @impl true
    def init({config, partition, token}) do
      Process.flag(:trap_exit, true)
      {:ok, %{config: config, partition: partition, token: token, stages: nil, next: nil}, {:continue, :start}}
    end

    @impl true
    def handle_continue(:start, state) do
      case Stages.new(state.config, state.partition, state.token) do
        {:ok, stages} ->
          Process.send_after(self(), :expire, @expire_every)
          {:noreply, %{state | stages: stages}}

        {:error, reason} ->
          Logger.warning("partition #{state.partition} cannot start, trying again: #{inspect(reason)}")
          wait()
          {:noreply, state, {:continue, :start}}
      end
    end

    defp wait do
      receive do
        {:EXIT, _from, reason} when reason != :normal -> exit(reason)
      after
        @retry -> :ok
      end
    end

    @impl true
    def handle_call({:run, batches}, _from, state) do
      {results, next} = Enum.map_reduce(batches, state.next, &in_order/2)
      payloads = for {{_position, payload}, :done} <- Enum.zip(batches, results), do: payload
      stages = if payloads == [], do: state.stages, else: Stages.run(state.stages, payloads)
      {:reply, results, %{state | stages: stages, next: next}}
    end

    defp in_order({{ref, number}, _payload}, {ref, number}), do: {:done, {ref, number + 1}}
    defp in_order({{ref, 0}, _payload}, _next), do: {:done, {ref, 1}}
    defp in_order(_batch, next), do: {:refused, next}

    @impl true
    def handle_info(:expire, state) do
      stages = Stages.expire(state.stages)
      Process.send_after(self(), :expire, @expire_every)
      {:noreply, %{state | stages: stages}}
    end

    def handle_info({:EXIT, _from, reason}, state) when reason != :normal, do: {:stop, reason, state}
    def handle_info(_other, state), do: {:noreply, state}
  end
end
