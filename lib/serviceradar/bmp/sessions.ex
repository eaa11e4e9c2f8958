defmodule ServiceRadar.BMP.Sessions do
  @moduledoc false
  # Knows every session of a station. A session that dies without having said so is ended here, so that its end is an
  # event like any other; and a router that comes back while its old connection still hangs loses the old one.
  use GenServer

  require Logger

  alias ServiceRadar.BMP.{Config, Instance, Native, Session}

  def start_link(%Config{} = config), do: GenServer.start_link(__MODULE__, config, name: name(config))

  @doc "A new session's epoch: microseconds since the Unix epoch, and larger than any before."
  def epoch(config), do: GenServer.call(name(config), :epoch)

  @doc "The calling process is a session; `native` is its decoder."
  def register(config, native, info), do: GenServer.call(name(config), {:register, self(), native, info})

  @doc "The calling session has learnt which router it is."
  def identified(config, router_id), do: GenServer.cast(name(config), {:identified, self(), router_id})

  @doc "The calling session has ended and said so."
  def ended(config), do: GenServer.call(name(config), {:ended, self()})

  @doc "Every session, with what its decoder counted."
  def list(config) do
    for session <- GenServer.call(name(config), :list) do
      {native, session} = Map.pop(session, :native)
      Map.put(session, :counters, Native.session_counters(native))
    end
  end

  defp name(config), do: Instance.via(config.name, :sessions)

  @impl true
  def init(config), do: {:ok, %{config: config, epoch: 0, sessions: %{}}}

  @impl true
  def handle_call(:epoch, _from, state) do
    epoch = max(state.epoch + 1, System.system_time(:microsecond))
    {:reply, epoch, %{state | epoch: epoch}}
  end

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
    case state.sessions do
      %{^pid => session} ->
        others = for {other, %{router_id: ^router_id} = old} <- state.sessions, other != pid, do: old
        Enum.each(others, &replaced(&1, session))
        {:noreply, put_in(state.sessions[pid].router_id, router_id)}

      _ ->
        {:noreply, state}
    end
  end

  defp replaced(%{address: address} = old, %{address: address}), do: Session.close(old.pid, :replaced)

  defp replaced(old, session) do
    Logger.warning(
      "#{:inet.ntoa(old.address)} and #{:inet.ntoa(session.address)} give the same sysName: " <>
        "their routes are taken for those of one router"
    )
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
