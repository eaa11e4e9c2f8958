defmodule ServiceRadar.BMP.Session do
  @moduledoc """
  One connection of one router: reads, decodes, publishes.

  It reads again only after what it read is handed to the broker, and while not more than `:window` batches are
  unacknowledged. So a slow broker slows the router down by TCP's own means; after `:stall_timeout` the session is
  closed, because a router that was held up for too long is better off sending everything again.

  A message that cannot be decoded is part of a batch, and the session goes on. Only where the framing is lost (a
  version that is no BMP version, a length below the header's or above the limit) nothing after it can be read, and
  the session ends.

  A session is named by a random id. While its router is quiet it says every `:heartbeat` that it lives: one that is not
  heard at all is taken for lost.

  | it ends | reason in the session's end event |
  |---|---|
  | the router closed the connection | `closed` |
  | the connection broke, or the process crashed | `error` |
  | framing lost | `framing` |
  | it says a sysName that is not believed from there (`:sys_names`): of such a session nothing is published | `sys_name` |
  | a limit passed: `:stall_timeout`, `:idle_timeout`, `:first_message_timeout`, `:message_timeout` | `limit` |
  | the owner of the routing table missed something, and asks for all of it again | `reset` |
  | the station stops | `shutdown` |
  | after a Termination message | `terminated` |
  """
  use GenServer, restart: :temporary

  require Logger

  alias ServiceRadar.BMP.{Batch, Config, Native, Sessions, Tee, Telemetry}
  alias ServiceRadar.BMP.Session.Transport

  @type reason :: :closed | :error | :framing | :limit | :reset | :shutdown | :sys_name | :terminated

  @doc false
  def child_spec({config, _, _} = argument) do
    %{
      id: __MODULE__,
      start: {__MODULE__, :start_link, [argument]},
      restart: :temporary,
      shutdown: config.session.drain_timeout + 1_000
    }
  end

  @doc false
  def start_link(argument), do: GenServer.start_link(__MODULE__, argument)

  @doc "Ends a session from outside."
  @spec close(pid, atom) :: :ok
  def close(pid, why), do: GenServer.cast(pid, {:close, why})

  @impl true
  def init({%Config{} = config, address, port}) do
    Process.flag(:trap_exit, true)
    session_id = :crypto.strong_rand_bytes(16)

    native =
      Native.session_new(%{
        router_address: address,
        router_port: port,
        session_id: session_id,
        identity: config.identity,
        collector: config.collector,
        max_message_bytes: config.session.max_message_bytes,
        max_peers: config.session.max_peers,
        max_batch_bytes: config.session.max_batch_bytes
      })

    id = Base.encode16(session_id, case: :lower)
    info = %{id: id, address: address, port: port, since: DateTime.utc_now()}
    :ok = Sessions.register(config, native, info)
    metadata = %{station: config.name, session: id, address: address}
    Telemetry.execute(:session, :started, %{count: 1}, Map.put(metadata, :port, port))
    Process.send_after(self(), :heartbeat, config.session.heartbeat)

    {:ok,
     %{
       config: config,
       limits: config.session,
       native: native,
       metadata: metadata,
       socket: nil,
       # Further stations that hear the same, or nil
       tee: Tee.start(config, metadata),
       started: System.monotonic_time(),
       # When it last published, in ms
       said: System.monotonic_time(:millisecond),
       router_id: nil,
       next_ref: 1,
       unacked: MapSet.new(),
       # When reading stopped because there was no room, or nil
       paused: nil,
       # Whether reading waits because of the limit of octets a second
       slow: false,
       timer: nil,
       # A timer that runs while a message is awaited: the first one, or the end of one that has begun
       due: nil,
       # The reason, once the end is published
       ended: nil,
       totals: %{bytes: 0, messages: 0, routes: 0}
     }, config.session.drain_timeout}
  end

  @impl true
  def handle_info({:socket, socket}, state) do
    state = due(%{state | socket: socket}, state.limits.first_message_timeout, "no BMP message came for too long")
    {:noreply, read(state)}
  end

  # The acceptor did not get the connection over to us.
  def handle_info(:no_socket, state), do: finish(state, :error, "the connection was gone before it was read")
  def handle_info(:timeout, %{socket: nil} = state), do: finish(state, :error, "the connection never arrived")

  def handle_info({:bmp_broker, :acked, ref}, state) do
    state = %{state | unacked: MapSet.delete(state.unacked, ref)}

    cond do
      state.ended != nil -> if MapSet.size(state.unacked) == 0, do: stop(state), else: {:noreply, state}
      state.paused != nil -> {:noreply, resume(state)}
      true -> {:noreply, state}
    end
  end

  def handle_info({:bmp_broker, {:failed, reason}, ref}, %{ended: nil} = state) do
    Logger.error("the broker does not take a batch, the session ends: #{inspect(reason)}")
    finish(%{state | unacked: MapSet.delete(state.unacked, ref)}, :limit, "the broker failed")
  end

  def handle_info({:bmp_broker, {:failed, _reason}, ref}, state), do: handle_info({:bmp_broker, :acked, ref}, state)

  def handle_info(:heartbeat, %{ended: nil} = state) do
    quiet = System.monotonic_time(:millisecond) - state.said
    left = state.limits.heartbeat - quiet
    state = if left > 0, do: state, else: publish_alive(state)
    Process.send_after(self(), :heartbeat, if(left > 0, do: left, else: state.limits.heartbeat))
    {:noreply, state}
  end

  def handle_info(:read_on, %{ended: nil} = state), do: {:noreply, read(%{state | slow: false})}

  def handle_info({:tee_ready, stream}, state), do: {:noreply, %{state | tee: Tee.begin(state.tee, stream)}}

  def handle_info({:bmp_reset, why}, %{ended: nil} = state), do: finish(state, :reset, why)

  def handle_info({:timeout, timer, why}, %{timer: timer, ended: nil} = state), do: finish(state, :limit, why)
  def handle_info({:timeout, due, why}, %{due: due, ended: nil} = state), do: finish(state, :limit, why)
  def handle_info(:drained, %{ended: reason} = state) when reason != nil, do: stop(state)
  def handle_info({:EXIT, _from, reason}, state) when reason != :normal, do: {:stop, reason, state}

  def handle_info(message, %{socket: socket, ended: nil} = state) do
    case Transport.event(message) do
      {:octets, ^socket, octets} ->
        case take(state, octets) do
          {:ok, state} -> {:noreply, state |> slow_down(byte_size(octets)) |> read()}
          {:error, reason, why, state} -> finish(state, reason, why)
        end

      {:closed, ^socket} ->
        finish(state, :closed, "")

      {:error, ^socket, reason} ->
        finish(state, :error, "#{:inet.format_error(reason)}")

      _late ->
        {:noreply, state}
    end
  end

  def handle_info(_late, state), do: {:noreply, state}

  @impl true
  def handle_cast({:close, why}, %{ended: nil} = state), do: finish(state, :limit, to_string(why))
  def handle_cast({:close, _why}, state), do: {:noreply, state}

  # Reading ---------------------------------------------------------------------------------------------------------

  # What is above the limit waits in the network.
  defp slow_down(%{limits: %{max_bytes_per_second: :infinity}} = state, _octets), do: state

  defp slow_down(%{limits: %{max_bytes_per_second: most}} = state, octets) do
    Process.send_after(self(), :read_on, div(octets * 1000, most))
    %{state | slow: true}
  end

  defp read(%{slow: true} = state), do: state

  defp read(state) do
    if MapSet.size(state.unacked) >= state.limits.window do
      pause(state)
    else
      # An error here is followed by the connection's end.
      _ = Transport.ask(state.socket)
      timer(state, state.limits.idle_timeout, "the router said nothing for too long")
    end
  end

  defp pause(%{paused: nil} = state) do
    Telemetry.execute(:session, :paused, %{count: 1}, state.metadata)
    state = %{state | paused: System.monotonic_time()}
    timer(state, state.limits.stall_timeout, "the broker was too slow for too long")
  end

  defp pause(state), do: state

  # Reads on when half of the window is free: not a stop and a start for each batch.
  defp resume(state) do
    if MapSet.size(state.unacked) * 2 <= state.limits.window do
      duration = System.monotonic_time() - state.paused
      Telemetry.execute(:session, :resumed, %{duration: duration}, state.metadata)
      read(%{state | paused: nil})
    else
      state
    end
  end

  # There is one timer at a time: `idle` while the session reads, `stalled` while it may not.
  defp timer(state, time, why) do
    if state.timer, do: :erlang.cancel_timer(state.timer, async: true, info: false)
    %{state | timer: if(time == :infinity, do: nil, else: :erlang.start_timer(time, self(), why))}
  end

  # A router that sends octets and never completes a message would hold its connection for ever.
  defp due(state, time, why) do
    if state.due, do: :erlang.cancel_timer(state.due, async: true, info: false)
    %{state | due: if(time in [nil, :infinity], do: nil, else: :erlang.start_timer(time, self(), why))}
  end

  defp awaits(%{due: nil} = state, []),
    do: due(state, state.limits.message_timeout, "a message did not end for too long")

  defp awaits(state, []), do: state
  defp awaits(%{due: nil} = state, _batches), do: state
  defp awaits(state, _batches), do: due(state, nil, "")

  defp take(state, bytes) do
    state = %{state | tee: Tee.push(state.tee, bytes)}

    with {:ok, batches, fatal} <- Native.session_feed(state.native, bytes, System.system_time(:microsecond)),
         :ok <- believed(state) do
      state = publish(awaits(state, batches), batches, byte_size(bytes))
      if fatal, do: {:error, :framing, fatal, state}, else: {:ok, state}
    else
      {:forged, name} -> {:error, :sys_name, "the sysName #{inspect(name)} is not believed from there", state}
      {:error, why} -> {:error, :error, why, state}
    end
  end

  # Without this a router that may connect could give the name of another one and take its place.
  defp believed(%{config: %Config{sys_names: names}}) when names == %{}, do: :ok

  defp believed(%{config: config, metadata: %{address: address}, native: native}) do
    name = Native.session_sys_name(native)
    if Config.believes?(config, name, address), do: :ok, else: {:forged, name}
  end

  # Publishing ------------------------------------------------------------------------------------------------------

  defp publish(state, batches, bytes) do
    %Config{broker: {broker, _}} = state.config

    {state, messages, routes} =
      Enum.reduce(batches, {state, 0, 0}, fn %Batch{} = batch, {state, messages, routes} ->
        :ok = broker.publish(state.config, batch, state.next_ref)
        unacked = MapSet.put(state.unacked, state.next_ref)
        state = identify(%{state | unacked: unacked, next_ref: state.next_ref + 1}, batch)
        {state, messages + batch.messages, routes + batch.routes}
      end)

    measurements = %{bytes: bytes, batches: length(batches), messages: messages, routes: routes}
    if batches != [], do: Telemetry.execute(:session, :batch, measurements, state.metadata)
    said = if batches == [], do: state.said, else: System.monotonic_time(:millisecond)
    %{bytes: all_bytes, messages: all_messages, routes: all_routes} = state.totals

    %{
      state
      | said: said,
        totals: %{bytes: all_bytes + bytes, messages: all_messages + messages, routes: all_routes + routes}
    }
  end

  defp identify(%{router_id: nil} = state, batch) do
    Sessions.identified(state.config, batch.router_id)
    %{state | router_id: batch.router_id}
  end

  defp identify(state, _batch), do: state

  defp publish_alive(state) do
    case Native.session_alive(state.native, System.system_time(:microsecond)) do
      {:ok, batches} -> publish(state, batches, 0)
      {:error, _} -> state
    end
  end

  # The end ---------------------------------------------------------------------------------------------------------

  # Publishes the end, then waits for the broker to have everything.
  defp finish(state, reason, text) do
    state = put_end(state, reason, text)

    if MapSet.size(state.unacked) == 0 do
      stop(state)
    else
      Process.send_after(self(), :drained, state.limits.drain_timeout)
      {:noreply, state}
    end
  end

  defp put_end(state, reason, text) do
    if state.socket, do: Transport.close(state.socket)

    if reason in [:error, :framing, :limit, :reset, :sys_name] do
      Logger.warning("the session of #{:inet.ntoa(state.metadata.address)} ends (#{reason}): #{text}")
    end

    # The end would carry the name, and be taken for the end of the router that has it.
    say = state.totals.bytes > 0 and reason != :sys_name
    state = if say, do: publish_end(state, reason, text), else: state
    :ok = Sessions.ended(state.config)
    %{state | ended: reason}
  end

  # A connection that never said a word, e.g. a balancer's health check, is no session.
  defp publish_end(state, reason, text) do
    case Native.session_end(state.native, {reason, text}, System.system_time(:microsecond)) do
      {:ok, batches} -> publish(state, batches, 0)
      {:error, _} -> state
    end
  end

  defp stop(state) do
    duration = System.monotonic_time() - state.started
    metadata = Map.put(state.metadata, :reason, state.ended)
    Telemetry.execute(:session, :stopped, Map.put(state.totals, :duration, duration), metadata)
    {:stop, :normal, state}
  end

  # The station stops: end the session, and give the broker its time.
  @impl true
  def terminate(reason, %{ended: nil} = state) when reason == :shutdown or elem(reason, 0) == :shutdown do
    {end_reason, text, state} = take_delivered(state)
    state = put_end(state, end_reason, text)
    deadline = System.monotonic_time(:millisecond) + state.limits.drain_timeout
    await(state.unacked, deadline)
    stop(state)
  end

  def terminate(_reason, _state), do: :ok

  # What the socket delivered already is not in the kernel any more.
  defp take_delivered(%{socket: socket} = state) do
    receive do
      {tag, ^socket, bytes} when tag in [:tcp, :ssl] ->
        case take(state, bytes) do
          {:ok, state} -> {:shutdown, "the station stops", state}
          {:error, reason, why, state} -> {reason, why, state}
        end
    after
      0 -> {:shutdown, "the station stops", state}
    end
  end

  defp await(unacked, deadline) do
    if MapSet.size(unacked) > 0 do
      receive do
        {:bmp_broker, _result, ref} -> await(MapSet.delete(unacked, ref), deadline)
      after
        max(0, deadline - System.monotonic_time(:millisecond)) -> :ok
      end
    end
  end
end
