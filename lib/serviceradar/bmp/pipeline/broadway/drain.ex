if Code.ensure_loaded?(Broadway) do
  defmodule ServiceRadar.BMP.Pipeline.Broadway.Drain do
    @moduledoc false
    # Stopped before the topologies: waits until they have taken what a broker in this VM would forget. The sessions
    # have stopped before, so it is finite. A broker that keeps what it has has no `pending/2`.
    use GenServer

    alias ServiceRadar.BMP.Config

    @look_every 10

    def child_spec(%Config{} = config) do
      %{
        id: __MODULE__,
        start: {GenServer, :start_link, [__MODULE__, config]},
        shutdown: config.session.drain_timeout + 1_000
      }
    end

    @impl true
    def init(config) do
      Process.flag(:trap_exit, true)
      {:ok, config}
    end

    @impl true
    def terminate(_reason, %Config{broker: {broker, _}} = config) do
      if function_exported?(broker, :pending, 2) do
        drain(broker, config, System.monotonic_time(:millisecond) + config.session.drain_timeout)
      end
    end

    defp drain(broker, config, deadline) do
      left = Enum.any?(0..(config.partitions - 1), &(broker.pending(config, &1) > 0))

      if left and System.monotonic_time(:millisecond) < deadline do
        Process.sleep(@look_every)
        drain(broker, config, deadline)
      end
    end
  end
end
