defmodule ServiceRadar.BMP.Stages do
  @moduledoc """
  What happens to a batch, as plain functions: apply to the routing table, commit the changes, tell others.

  The pipelines call `run/2` with a partition's batches in order and acknowledge them when it returns. Whatever fails on
  the way is tried again here, in place, because a batch that overtakes another breaks the order of routes.
  """
  require Logger

  alias ServiceRadar.BMP.{Config, Deltas, Events, RoutingTable, Store, Telemetry}

  @enforce_keys [:config, :partition, :token, :table]
  defstruct [:config, :partition, :token, :table]

  @type t :: %__MODULE__{
          config: Config.t(),
          partition: non_neg_integer,
          token: Store.token(),
          table: RoutingTable.t()
        }

  @first_wait 100
  @longest_wait 5_000

  @doc "The stages of a partition, with the routing table that its store gives."
  @spec new(Config.t(), non_neg_integer, Store.token()) :: {:ok, t} | {:error, term}
  def new(%Config{store: {store, _}} = config, partition, token) do
    started = System.monotonic_time()

    with {:ok, table} <- store.table(config, partition, token) do
      stages = %__MODULE__{config: config, partition: partition, token: token, table: table}
      measurements = %{duration: System.monotonic_time() - started, routes: RoutingTable.counts(table).routes}
      Telemetry.execute(:pipeline, :loaded, measurements, metadata(stages))
      {:ok, stages}
    end
  end

  @doc """
  Takes batches through all stages. Returns when their changes are committed; until then it tries again, ever more
  slowly. In a process that traps exits it stops trying when told to exit. Where another station has taken the partition,
  the calling process exits with `{:shutdown, :fenced}`.
  """
  @spec run(t, [payload :: binary]) :: :ok
  def run(%__MODULE__{} = stages, payloads) do
    deltas = __MODULE__.apply(stages, payloads)
    # Also where nothing changed: what is acknowledged is gone, so this has to be the owner's opinion.
    commit(stages, deltas, 1)
    publish(stages, deltas)
    # Deltas are native memory that the process's own collector does not see, and so would not hurry to free.
    :erlang.garbage_collect()
    :ok
  end

  @doc "Ends what has timed out: routes of routers that did not return, or did not announce again."
  @spec expire(t, integer) :: :ok
  def expire(%__MODULE__{table: table} = stages, now_us \\ System.system_time(:microsecond)) do
    deltas = RoutingTable.expire(table, now_us)
    unless deltas.counts.empty, do: commit(stages, [deltas], 1)
    publish(stages, [deltas])
    if deltas.counts.more, do: expire(stages, now_us), else: :ok
  end

  @doc "Applies batches to the routing table. One that cannot be read is counted, logged and left out."
  @spec apply(t, [payload :: binary]) :: [Deltas.t()]
  def apply(%__MODULE__{table: table} = stages, payloads) do
    started = System.monotonic_time()

    deltas =
      Enum.flat_map(payloads, fn payload ->
        case RoutingTable.apply(table, payload) do
          {:ok, deltas} -> [deltas]
          # A half-applied table is of no use: whoever runs this stops, and begins with what is stored.
          {:error, :poisoned} -> exit(:poisoned)
          {:error, reason} -> reject(stages, payload, reason)
        end
      end)

    measurements = %{
      duration: System.monotonic_time() - started,
      batches: length(payloads),
      routes: sum(deltas, :routes),
      changes: sum(deltas, :changes),
      dead_letters: sum(deltas, :dead_letters)
    }

    Telemetry.execute(:pipeline, :applied, measurements, metadata(stages))
    deltas
  end

  defp reject(stages, payload, reason) do
    Logger.error("a batch cannot be read and is left out: #{reason} (#{dead_letter(stages, payload, reason)})")
    measurements = %{count: 1, bytes: byte_size(payload)}
    Telemetry.execute(:pipeline, :rejected, measurements, Map.put(metadata(stages), :reason, reason))
    []
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
        measurements = %{
          duration: System.monotonic_time() - started,
          batches: length(deltas),
          changes: sum(deltas, :changes)
        }

        Telemetry.execute(:store, :committed, measurements, metadata(stages))

      {:error, :fenced} ->
        Telemetry.execute(:store, :fenced, %{count: 1}, metadata(stages))
        Logger.warning("partition #{stages.partition} belongs to another station now: this one drops its table")
        exit({:shutdown, :fenced})

      {:error, reason} ->
        Telemetry.execute(:store, :failed, %{count: 1, attempt: attempt}, Map.put(metadata(stages), :reason, reason))

        if attempt in [1, 10] or rem(attempt, 100) == 0 do
          Logger.warning("the store does not take a batch (attempt #{attempt}), trying again: #{inspect(reason)}")
        end

        wait(attempt)
        commit(stages, deltas, attempt + 1)
    end
  end

  defp wait(attempt) do
    receive do
      {:EXIT, _from, reason} when reason != :normal -> exit(reason)
    after
      min(@first_wait * 2 ** min(attempt - 1, 10), @longest_wait) -> :ok
    end
  end

  @doc "Tells subscribers what changed, and writes OCSF events where the station has a file for them."
  @spec publish(t, [Deltas.t()]) :: :ok
  def publish(%__MODULE__{config: config}, deltas) do
    for delta <- deltas, not delta.counts.quiet do
      ServiceRadar.BMP.OCSF.write(config, delta)
      Events.broadcast(config.pubsub, {:bmp_changes, Deltas.changes(delta, config.name)})
    end

    :ok
  end

  defp sum(deltas, count), do: Enum.reduce(deltas, 0, &(Map.fetch!(&1.counts, count) + &2))
  defp metadata(stages), do: %{station: stages.config.name, partition: stages.partition}
end
