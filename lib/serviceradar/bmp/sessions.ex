defmodule ServiceRadar.BMP.Sessions do
  @moduledoc false
  # Knows every session of a station. A session that dies without having said so is ended here, so that its end is an
  # event like any other. Which of several sessions of one router feeds its table, the table decides.
  use GenServer

  require Logger

  alias ServiceRadar.BMP.{Config, Elsewhere, Instance, Native}

  def start_link(%Config{} = config), do: GenServer.start_link(__MODULE__, config, name: name(config))

  @doc "The calling process is a session; `native` is its decoder."
  def register(config, native, info), do: GenServer.call(name(config), {:register, self(), native, info})

  @doc "The calling session has learnt which router it is."
  def identified(config, router_id), do: GenServer.cast(name(config), {:identified, self(), router_id})

  @doc "The calling session has ended and said so."
  def ended(config), do: GenServer.call(name(config), {:ended, self()})

  @doc "Every session, with what its decoder counted. A station that does not receive has none."
  def list(%Config{roles: roles} = config) do
    for session <- if(:receive in roles, do: GenServer.call(name(config), :list), else: []) do
      {native, session} = Map.pop(session, :native)
      Map.put(session, :counters, Native.session_counters(native))
    end
  end

  @doc """
  Closes a session of this station, so that its router connects again and sends everything; `why` is in the end event.
  """
  @spec reset(Config.t(), String.t(), String.t()) :: :ok | {:error, :unknown}
  def reset(config, session_id, why) do
    case Enum.find(GenServer.call(name(config), :list), &(&1.id == session_id)) do
      %{pid: pid} -> send(pid, {:bmp_reset, why}) && :ok
      nil -> {:error, :unknown}
    end
  catch
    # The pipeline starts before the sessions do and stops after them: then there is no session to close.
    :exit, _not_there -> {:error, :unknown}
  end

  defp name(config), do: Instance.via(config.name, :sessions)

  @impl true
  def init(config) do
    :ok = Elsewhere.join(config.name, :receive)
    {:ok, %{config: config, sessions: %{}}}
  end

  @impl true
  def handle_call({:register, pid, native, info}, _from, state) do
    Process.monitor(pid)
    session = Map.merge(info, %{pid: pid, native: native, router_id: nil})
    {:reply, :ok, put_in(state.sessions[pid], session)}
  end

  def handle_call({:ended, pid}, _from, state), do: {:reply, :ok, %{state | sessions: Map.delete(state.sessions, pid)}}

  def handle_call(:list, _from, state) do
    {:reply, state.sessions |> Map.values() |> Enum.sort_by(& &1.id), state}
  end

  @impl true
  def handle_cast({:identified, pid, router_id}, state) do
    if is_map_key(state.sessions, pid),
      do: {:noreply, put_in(state.sessions[pid].router_id, router_id)},
      else: {:noreply, state}
  end

  @impl true
  def handle_info({:DOWN, _, :process, pid, reason}, state) do
    {session, sessions} = Map.pop(state.sessions, pid)
    if session, do: bury(state.config, session, reason)
    {:noreply, %{state | sessions: sessions}}
  end

  def handle_info({:bmp_broker, _result, _ref}, state), do: {:noreply, state}

  defp bury(%Config{broker: {broker, _}} = config, session, reason) do
    Logger.error("the session of #{:inet.ntoa(session.address)} crashed: #{inspect(reason)}")
    now = System.system_time(:microsecond)

    with {:ok, batches} <- Native.session_end(session.native, {:error, "session process crashed"}, now) do
      for batch <- batches, do: broker.publish(config, batch, make_ref())
    end
  end
end
