if Code.ensure_loaded?(Gnat) do
  defmodule ServiceRadar.BMP.Broker.JetStream.Link do
    @moduledoc false
    # Knows whether NATS is there and the stream in order, and tells publishers and consumers:
    # `{:link, gnat, stream}` when it can be used, `{:link, nil, nil}` when it cannot; and `{:room, room}` again and again,
    # what may be published until the next time.
    use GenServer

    require Logger

    alias ServiceRadar.BMP.{Config, Instance, Telemetry}
    alias ServiceRadar.BMP.Broker.JetStream.{Connection, Stream}

    @first_wait 100
    @longest_wait 1_000
    @look_every 250
    # Attempts until a connection that is not there yet is worth a warning: some three seconds.
    @patience 5

    def start_link(%Config{} = config),
      do: GenServer.start_link(__MODULE__, config, name: Instance.via(config.name, :nats_link))

    @doc "Makes the caller one of those that are told, beginning with what is so now."
    def join(station), do: GenServer.cast(Instance.via(station, :nats_link), {:join, self()})

    @doc "Something does not answer: is the stream still there?"
    def check(station), do: GenServer.cast(Instance.via(station, :nats_link), :check)

    @impl true
    def init(%Config{broker: {_, options}} = config) do
      state = %{
        config: config,
        options: options,
        members: [],
        gnat: nil,
        monitor: nil,
        stream: nil,
        attempt: 0,
        complaint: nil
      }

      Process.send_after(self(), :look, @look_every)
      {:ok, state, {:continue, :connect}}
    end

    @impl true
    def handle_continue(:connect, state), do: {:noreply, connect(state)}

    @impl true
    def handle_cast({:join, pid}, state) do
      send(pid, {:link, state.stream && state.gnat, state.stream})
      {:noreply, %{state | members: [pid | state.members]}}
    end

    def handle_cast(:check, %{stream: nil} = state), do: {:noreply, state}

    def handle_cast(:check, state) do
      case Stream.ensure(state.gnat, state.config, state.options) do
        {:ok, %{created: created}} when created == state.stream.created -> {:noreply, state}
        # Not the one we knew.
        {:ok, stream} -> {:noreply, up(state, stream)}
        {:error, reason} -> {:noreply, state |> down() |> complain(reason) |> again()}
      end
    end

    @impl true
    def handle_info(:connect, %{stream: nil} = state), do: {:noreply, connect(state)}

    def handle_info(:look, state) do
      Process.send_after(self(), :look, @look_every)
      {:noreply, if(state.stream, do: look(state), else: state)}
    end

    def handle_info({:DOWN, monitor, :process, _, _}, %{monitor: monitor} = state),
      do: {:noreply, connect(down(%{state | gnat: nil, monitor: nil}))}

    def handle_info(_other, state), do: {:noreply, state}

    defp connect(state) do
      with {:ok, state} <- find(state),
           {:ok, stream} <- Stream.ensure(state.gnat, state.config, state.options) do
        up(state, stream)
      else
        {:error, reason} -> state |> complain(reason) |> again()
      end
    end

    defp find(%{gnat: nil} = state) do
      case GenServer.whereis(Connection.name(state.config.name, state.options)) do
        nil -> {:error, :not_connected}
        gnat -> {:ok, %{state | gnat: gnat, monitor: Process.monitor(gnat)}}
      end
    end

    defp find(state), do: {:ok, state}

    defp look(state) do
      with {:ok, room} <- Stream.room(state.gnat, state.config, state.options),
           do: Enum.each(state.members, &send(&1, {:room, room}))

      state
    end

    defp up(state, stream) do
      Logger.info("JetStream is there, with stream #{state.options[:stream]}")
      Telemetry.execute(:broker, :connected, %{count: 1}, metadata(state))
      tell(%{state | stream: stream, attempt: 0, complaint: nil})
    end

    defp down(%{stream: nil} = state), do: state

    defp down(state) do
      Logger.warning("JetStream, with stream #{state.options[:stream]}, is gone. Trying to reach it again")
      Telemetry.execute(:broker, :disconnected, %{count: 1}, metadata(state))
      tell(%{state | stream: nil})
    end

    defp tell(state) do
      message = {:link, state.stream && state.gnat, state.stream}
      Enum.each(state.members, &send(&1, message))
      state
    end

    defp again(state) do
      Process.send_after(self(), :connect, min(@first_wait * 2 ** min(state.attempt, 10), @longest_wait))
      %{state | attempt: state.attempt + 1}
    end

    # Once for each reason, not once for each attempt. At first the connection is still being made.
    defp complain(%{complaint: reason} = state, reason), do: state
    defp complain(%{attempt: attempt} = state, :not_connected) when attempt < @patience, do: state

    defp complain(state, reason) do
      if is_binary(reason),
        do: Logger.error("JetStream cannot be used: " <> reason),
        else: Logger.warning("JetStream cannot be reached, trying again: #{text(reason)}")

      %{state | complaint: reason}
    end

    defp text(:not_connected), do: "there is no connection. Is nats-server running where the option `servers` says?"
    defp text(reason), do: inspect(reason)

    defp metadata(state), do: %{station: state.config.name, stream: state.options[:stream]}
  end
end
