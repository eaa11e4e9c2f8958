defmodule ServiceRadar.BMP.Pipeline do
  @moduledoc """
  Takes batches from the broker, partition by partition, and calls `ServiceRadar.BMP.Stages` with them in order.

      Pipeline
      ├─ a supervisor for the partitions that run here
      └─ Partitions      starts and stops them, as the store says which ones this station owns

  Implementations: `ServiceRadar.BMP.Pipeline.Runner` (a process a partition) and, in the full build,
  `ServiceRadar.BMP.Pipeline.Broadway`. Both are thin: what happens to a batch is in the stages.
  """

  alias ServiceRadar.BMP.{Config, Instance, Store}
  alias ServiceRadar.BMP.Pipeline.Partitions

  @doc "Options of `{module, options}` made whole, or an error text."
  @callback validate(options :: keyword) :: {:ok, options :: keyword} | {:error, String.t()}

  @doc "The processes of a partition that this station owns by `token`, under a supervisor."
  @callback partition(Config.t(), partition :: non_neg_integer, Store.token()) :: Supervisor.child_spec()

  @doc "The pipeline's processes, started after broker and store, stopped before them, after the sessions."
  @spec child_spec(Config.t()) :: Supervisor.child_spec()
  def child_spec(%Config{} = config) do
    partitions = {DynamicSupervisor, name: Instance.via(config.name, :partition_supervisor)}
    supervisor(__MODULE__, [partitions, {Partitions, config}], max_restarts: 10, max_seconds: 60)
  end

  @doc "A supervisor of processes that are nothing without each other."
  @spec supervisor(term, [Supervisor.child_spec() | {module, term}], keyword) :: Supervisor.child_spec()
  def supervisor(id, children, options \\ [max_restarts: 0]) do
    options = [strategy: :one_for_all] ++ options
    %{id: id, type: :supervisor, start: {Supervisor, :start_link, [children, options]}}
  end
end
