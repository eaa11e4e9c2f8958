defmodule ServiceRadar.BMP.Pipeline do
  @moduledoc """
  Takes batches from the broker, partition by partition, and calls `ServiceRadar.BMP.Stages` with them in order.

  Implementations: `ServiceRadar.BMP.Pipeline.Runner` (a process a partition) and, in the full build,
  `ServiceRadar.BMP.Pipeline.Broadway`. Both are thin: what happens to a batch is in the stages.
  """

  alias ServiceRadar.BMP.Config

  @doc "Options of `{module, options}` made whole, or an error text."
  @callback validate(options :: keyword) :: {:ok, options :: keyword} | {:error, String.t()}

  @doc "The pipeline's processes, started after broker and store, stopped before them, after the sessions."
  @callback child_spec(Config.t()) :: Supervisor.child_spec()
end
