if Code.ensure_loaded?(Gnat) do
  defmodule ServiceRadar.BMP.Broker.JetStream.Reconnect do
    @moduledoc false
    # Keeps a connection to NATS under a name. Every attempt reads the credentials anew (Gnat's own supervisor reads them once),
    # so that they can be renewed without a restart; and no attempt is logged with what is secret in it.
    use GenServer

    require Logger

    @after_a_failure 1_000

    # `connect` gives the settings of all servers, one of which is taken at random.
    def start_link(%{name: _, connect: _} = argument), do: GenServer.start_link(__MODULE__, argument)

    @impl true
    def init(argument) do
      Process.flag(:trap_exit, true)
      {:ok, Map.merge(argument, %{gnat: nil, complaint: nil}), {:continue, :attempt}}
    end

    @impl true
    def handle_continue(:attempt, state), do: {:noreply, attempt(state)}

    @impl true
    def handle_info(:attempt, state), do: {:noreply, attempt(state)}

    def handle_info({:EXIT, gnat, reason}, %{gnat: gnat} = state) do
      Logger.warning("the connection to NATS is gone: #{inspect(reason)}")
      {:noreply, attempt(%{state | gnat: nil})}
    end

    # Of an attempt that failed.
    def handle_info({:EXIT, _pid, _reason}, state), do: {:noreply, state}

    defp attempt(state) do
      with {:ok, settings} <- state.connect.(),
           {:ok, gnat} <- Gnat.start_link(Enum.random(settings), name: state.name) do
        %{state | gnat: gnat, complaint: nil}
      else
        {:error, reason} -> again(state, if(is_binary(reason), do: reason, else: inspect(reason)))
      end
    end

    # Once for each reason, not once for each attempt.
    defp again(state, complaint) do
      if complaint != state.complaint, do: Logger.error("NATS cannot be reached, trying again: #{complaint}")
      Process.send_after(self(), :attempt, @after_a_failure)
      %{state | complaint: complaint}
    end
  end
end
