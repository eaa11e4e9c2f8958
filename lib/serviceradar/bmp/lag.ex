defmodule ServiceRadar.BMP.Lag do
  @moduledoc false
  # How long after it was received a session's last batch was committed, of each session whose batches come through this node.
  use GenServer

  alias ServiceRadar.BMP.{Config, Deltas, Instance}

  # Of sessions beyond these nothing is known; those that are silent for so long are forgotten.
  @most 10_000
  @kept_us 3_600 * 1_000_000
  @tidy_every 60_000

  def start_link(%Config{} = config),
    do: GenServer.start_link(__MODULE__, config, name: Instance.via(config.name, :lag, nil))

  @doc "These changes are committed now. Called by the partitions' processes."
  @spec committed(Config.t(), [Deltas.t()]) :: :ok
  def committed(config, deltas) do
    if table = Instance.value(config.name, :lag) do
      now = System.system_time(:microsecond)

      for %{counts: %{heard: {session, received_us}}} <- deltas,
          :ets.info(table, :size) < @most or :ets.member(table, session),
          do: :ets.insert(table, {session, max(now - received_us, 0), now})
    end

    :ok
  end

  @doc "By session, in microseconds."
  @spec by_session(Config.name()) :: %{(session :: String.t()) => non_neg_integer}
  def by_session(station) do
    case Instance.value(station, :lag) do
      nil -> %{}
      table -> for {session, lag, _at} <- :ets.tab2list(table), into: %{}, do: {session, lag}
    end
  end

  @impl true
  def init(config) do
    table = :ets.new(__MODULE__, [:public, write_concurrency: true, read_concurrency: true])
    Instance.put_value(config.name, :lag, table)
    Process.send_after(self(), :tidy, @tidy_every)
    {:ok, table}
  end

  @impl true
  def handle_info(:tidy, table) do
    before = System.system_time(:microsecond) - @kept_us
    :ets.select_delete(table, [{{:_, :_, :"$1"}, [{:<, :"$1", before}], [true]}])
    Process.send_after(self(), :tidy, @tidy_every)
    {:noreply, table}
  end
end
