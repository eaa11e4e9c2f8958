defmodule ServiceRadar.BMP.Stages do
  @moduledoc """
  What happens to a batch, as plain functions: apply to the routing table, commit the changes, tell others.

  The pipelines call `run/2` with a partition's batches in order and acknowledge them when it returns. Whatever fails on
  the way is tried again here, in place, because a batch that overtakes another breaks the order of routes.
  """
  require Logger

  alias ServiceRadar.BMP.{Config, Deltas, Events, Feed, Insight, Lag, OCSF, RoutingTable, Store, Telemetry}

  # About the most changed routes in a commit, which has whole batches: it bounds the rows in memory and the time that a
  # commit takes.
  @commit_rows 100_000

  @enforce_keys [:config, :partition, :token, :table]
  defstruct [:config, :partition, :token, :table, commit_rows: @commit_rows]

  @type t :: %__MODULE__{
          config: Config.t(),
          partition: non_neg_integer,
          token: Store.token(),
          table: RoutingTable.t(),
          commit_rows: pos_integer
        }

  @counted [
    :routes,
    :changes,
    :dead_letters,
    :older,
    :superseded,
    :gaps,
    :over_limit,
    :unsplit,
    :add_path_inferred,
    :add_path_taken_back
  ]
  @first_wait 100
  @longest_wait 5_000
  @complain_every 12

  @doc "The stages of a partition, with the routing table that its store gives."
  @spec new(Config.t(), non_neg_integer, Store.token()) :: {:ok, t} | {:error, term}
  def new(%Config{store: {store, _}} = config, partition, token) do
    started = System.monotonic_time()

    with {:ok, table} <- store.table(config, partition, token) do
      stages = %__MODULE__{config: config, partition: partition, token: token, table: table}
      Feed.table(config, partition, table)
      Insight.adopt(config, table)
      measurements = %{duration: System.monotonic_time() - started, routes: RoutingTable.counts(table).routes}
      Telemetry.execute(:pipeline, :loaded, measurements, metadata(stages))
      {:ok, stages}
    end
  end

  @doc """
  Takes batches through all stages. Returns when their changes are committed; until then it tries again, ever more
  slowly. In a process that traps exits it stops trying when told to exit. Where another station has taken the partition,
  the calling process exits with `{:shutdown, :fenced}`.

  What it gives is to be called with from then on: its table may be another one.
  """
  @spec run(t, [payload :: binary]) :: t
  def run(%__MODULE__{} = stages, payloads) do
    {deltas, rest} = __MODULE__.apply(stages, payloads)
    # Also where nothing changed: what is acknowledged is gone from the broker, so the store has to confirm that this is
    # still the owner.
    stages = commit(stages, deltas, 1)
    Lag.committed(stages.config, deltas)
    publish(stages, deltas)
    reset(stages, deltas)
    # Deltas are native memory that the process's own collector does not see, and so would not hurry to free.
    :erlang.garbage_collect()
    stages = if RoutingTable.poisoned?(stages.table), do: load_again(stages, 1), else: stages
    if rest == [], do: stages, else: run(stages, rest)
  end

  # A fault of ours left the table changed in part, and what is stored is right: the table is loaded from there. Its
  # sessions go on at a later message than the stored table expects next, which is a gap, and so they begin anew.
  defp load_again(stages, attempt) do
    Logger.error(
      "the table of partition #{stages.partition} broke in the midst of a change: it is dropped and loaded again"
    )

    Telemetry.execute(:pipeline, :poisoned, %{count: 1}, metadata(stages))

    case new(stages.config, stages.partition, stages.token) do
      {:ok, loaded} ->
        loaded

      {:error, :fenced} ->
        fenced(stages)

      {:error, reason} ->
        Logger.warning("the table of partition #{stages.partition} cannot be loaded, trying again: #{inspect(reason)}")
        wait(attempt)
        load_again(stages, attempt + 1)
    end
  end

  @doc "Ends what has timed out: sessions that are not heard, routes of routers that did not return or announce again."
  @spec expire(t, integer) :: t
  def expire(%__MODULE__{} = stages, now_us \\ System.system_time(:microsecond)) do
    case RoutingTable.expire(stages.table, now_us, caught_up?(stages)) do
      {:ok, deltas} ->
        stages = if deltas.counts.empty, do: stages, else: commit(stages, [deltas], 1)
        publish(stages, [deltas])
        reset(stages, [deltas])
        if deltas.counts.more, do: expire(stages, now_us), else: stages

      {:error, reason} ->
        Logger.error("what has timed out cannot be ended: #{inspect(reason)}")
        load_again(stages, 1)
    end
  end

  # Whether all that sessions said has arrived: some of it may still wait in the broker.
  defp caught_up?(%{config: %{broker: {broker, _}} = config, partition: partition}),
    do: not function_exported?(broker, :caught_up?, 2) or broker.caught_up?(config, partition)

  @doc """
  Applies batches to the routing table, until their changes are as many rows as a commit may have, and gives the batches
  that are left. One that cannot be read is counted, logged and left out.
  """
  @spec apply(t, [payload :: binary]) :: {[Deltas.t()], rest :: [payload :: binary]}
  def apply(%__MODULE__{} = stages, payloads) do
    started = System.monotonic_time()
    {deltas, rest} = apply(stages, payloads, [], 0)
    measurements = Map.new(@counted, &{&1, sum(deltas, &1)})
    duration = System.monotonic_time() - started
    measurements = Map.merge(measurements, %{duration: duration, batches: length(payloads) - length(rest)})
    Telemetry.execute(:pipeline, :applied, measurements, metadata(stages))
    {deltas, rest}
  end

  defp apply(%{commit_rows: most} = stages, [payload | rest] = payloads, applied, rows) when rows < most do
    case RoutingTable.apply(stages.table, payload) do
      {:ok, deltas} ->
        apply(stages, rest, [deltas | applied], rows + deltas.counts.changes)

      # A change before this one broke the table.
      {:error, :poisoned} ->
        {Enum.reverse(applied), payloads}

      {:error, reason} ->
        reject(stages, payload, reason)
        # This batch may have broken it, and must not do so again.
        if RoutingTable.poisoned?(stages.table),
          do: {Enum.reverse(applied), rest},
          else: apply(stages, rest, applied, rows)
    end
  end

  defp apply(_stages, rest, applied, _rows), do: {Enum.reverse(applied), rest}

  defp reject(stages, payload, reason) do
    Logger.error("a batch cannot be read and is left out: #{reason} (#{dead_letter(stages, payload, reason)})")
    measurements = %{count: 1, bytes: byte_size(payload)}
    Telemetry.execute(:pipeline, :rejected, measurements, Map.put(metadata(stages), :reason, reason))
  end

  defp dead_letter(%{config: %{broker: {broker, _}} = config, partition: partition}, payload, reason) do
    if function_exported?(broker, :dead_letter, 4) do
      case broker.dead_letter(config, partition, payload, to_string(reason)) do
        :ok -> "kept as a dead letter"
        {:error, why} -> "and cannot be kept as a dead letter: #{inspect(why)}"
      end
    else
      "the broker keeps no dead letters"
    end
  end

  defp commit(%{config: %{store: {store, _}} = config} = stages, deltas, attempt) do
    started = System.monotonic_time()

    case store.commit(config, stages.partition, stages.token, Enum.reject(deltas, & &1.counts.empty)) do
      :ok ->
        changes = sum(deltas, :changes)
        measurements = %{duration: System.monotonic_time() - started, batches: length(deltas), changes: changes}
        Telemetry.execute(:store, :committed, measurements, metadata(stages))
        grow(stages, changes)

      {:error, :fenced} ->
        fenced(stages)

      {:error, {:too_much, reason}} when length(deltas) > 1 ->
        {first, second} = Enum.split(deltas, div(length(deltas), 2))
        rows = max(div(sum(deltas, :changes), 2), 1)

        Logger.warning(
          "the store does not take #{2 * rows} changes of partition #{stages.partition} at once, trying parts: " <>
            reason
        )

        failed(stages, attempt, reason)
        %{stages | commit_rows: min(rows, stages.commit_rows)} |> commit(first, 1) |> commit(second, 1)

      {:error, reason} ->
        failed(stages, attempt, reason)

        # It is logged the first time, and then about once a minute.
        if rem(attempt, @complain_every) == 1 do
          Logger.warning(
            "the store does not take the changes of partition #{stages.partition} (attempt #{attempt}), trying again: " <>
              "#{inspect(reason)}. Nothing is lost: batches wait in the broker, and routers are held up when that is full. " <>
              "See whether the database can be reached, has room, and is not locked"
          )
        end

        wait(attempt)
        commit(stages, deltas, attempt + 1)
    end
  end

  # A store that took as much as it was given is given more again.
  defp grow(%{commit_rows: rows} = stages, changes) when changes >= rows,
    do: %{stages | commit_rows: min(2 * rows, @commit_rows)}

  defp grow(stages, _changes), do: stages

  defp fenced(stages) do
    Telemetry.execute(:store, :fenced, %{count: 1}, metadata(stages))
    Logger.warning("partition #{stages.partition} belongs to another station now: this one drops its table")
    exit({:shutdown, :fenced})
  end

  defp failed(stages, attempt, reason) do
    metadata = Map.put(metadata(stages), :reason, reason)
    Telemetry.execute(:store, :failed, %{count: 1, attempt: attempt}, metadata)
  end

  defp wait(attempt) do
    receive do
      {:EXIT, _from, reason} when reason != :normal -> exit(reason)
    after
      min(@first_wait * 2 ** min(attempt - 1, 10), @longest_wait) -> :ok
    end
  end

  @doc """
  Tells subscribers what changed, delivers OCSF events where the station is to, and has the broker publish
  semantic events where it is to.
  """
  @spec publish(t, [Deltas.t()]) :: :ok
  def publish(%__MODULE__{config: %{broker: {broker, _}} = config}, deltas) do
    for delta <- deltas, not delta.counts.quiet do
      OCSF.tell(config, delta)
      Feed.tell(config, delta)
      if function_exported?(broker, :tell, 2), do: broker.tell(config, delta)
      Insight.tell(config, delta)
      Events.broadcast(config.pubsub, {:bmp_changes, Deltas.changes(delta, config.name)})
    end

    :ok
  end

  # Sessions of which something was missed begin anew. Where the station that has the session cannot be asked, nothing
  # is heard of the session either, and it counts as lost.
  defp reset(%{config: %{broker: {broker, _}} = config} = stages, deltas) do
    for %{counts: %{resets: count}} = delta <- deltas, count > 0, reset <- Deltas.resets(delta) do
      result =
        if function_exported?(broker, :reset, 4),
          do: broker.reset(config, reset.session_id, reset.collector, reset.reason),
          else: {:error, :unknown}

      Telemetry.execute(
        :pipeline,
        :reset,
        %{count: 1},
        Map.merge(metadata(stages), %{session: reset.session_id, reason: reset.reason, result: result})
      )

      Logger.warning(
        "session #{reset.session_id} of #{reset.collector} is to begin anew: #{reset.reason}" <>
          if(result == :ok, do: "", else: ". It could not be asked: #{inspect(result)}")
      )
    end

    :ok
  end

  defp sum(deltas, count), do: Enum.reduce(deltas, 0, &(Map.fetch!(&1.counts, count) + &2))
  defp metadata(stages), do: %{station: stages.config.name, partition: stages.partition}
end
