if Code.ensure_loaded?(Gnat) do
  defmodule ServiceRadar.BMP.Broker.JetStream.Interfaces do
    @moduledoc false
    # Hears the states of interfaces on a NATS subject, as who polls SNMP or takes its traps publishes them, and tells them insight.
    use GenServer

    require Logger

    alias ServiceRadar.BMP.{Config, Insight, Instance}
    alias ServiceRadar.BMP.Broker.JetStream.Link

    def start_link(%Config{} = config),
      do: GenServer.start_link(__MODULE__, config, name: Instance.via(config.name, :nats_interfaces))

    @impl true
    def init(%Config{broker: {_, options}} = config) do
      Link.join(config.name)
      {:ok, %{station: config.name, subject: options[:interfaces], gnat: nil, refused: 0}}
    end

    @impl true
    def handle_info({:link, nil, _}, state), do: {:noreply, state}
    def handle_info({:link, gnat, _}, %{gnat: gnat} = state), do: {:noreply, state}

    def handle_info({:link, gnat, _}, state) do
      {:ok, _sid} = Gnat.sub(gnat, self(), state.subject)
      {:noreply, %{state | gnat: gnat}}
    catch
      # The link will say that it is gone.
      :exit, _reason -> {:noreply, state}
    end

    def handle_info({:msg, %{body: body}}, state) do
      case Insight.interface(state.station, body) do
        {:error, reason} when is_binary(reason) -> {:noreply, refused(state, reason)}
        _ -> {:noreply, state}
      end
    end

    def handle_info(_other, state), do: {:noreply, state}

    # Who publishes something else does so again and again: it is said now and then.
    defp refused(%{refused: count} = state, reason) do
      if rem(count, 1_000) == 0,
        do: Logger.warning("what came on #{state.subject} is no state of an interface: #{reason}; #{count} came before")

      %{state | refused: count + 1}
    end
  end
end
