defmodule ServiceRadar.BMP.Insight.State do
  @moduledoc """
  What outlives a restart of `ServiceRadar.BMP.Insight`: open alerts, and what people marked, as one JSON object. The station's
  store keeps it, or a file (`:insight_state`) where the store does not.
  """

  alias ServiceRadar.BMP.Config

  @doc "What was kept last, or nil."
  @spec read(Config.t()) :: {:ok, String.t() | nil} | {:error, term}
  def read(%Config{store: {store, _}} = config) do
    cond do
      config.insight_state -> read_file(config.insight_state)
      function_exported?(store, :kept_insight, 1) -> store.kept_insight(config)
      true -> {:ok, nil}
    end
  end

  @doc "Keeps it, in place of what was kept before."
  @spec write(Config.t(), String.t()) :: :ok | {:error, term}
  def write(%Config{store: {store, _}} = config, json) do
    cond do
      config.insight_state -> write_file(config.insight_state, json)
      function_exported?(store, :keep_insight, 2) -> store.keep_insight(config, json)
      true -> :ok
    end
  end

  defp read_file(path) do
    case File.read(path) do
      {:ok, ""} -> {:ok, nil}
      {:error, :enoent} -> {:ok, nil}
      result -> result
    end
  end

  # Whoever is killed in the midst of it leaves the file of before.
  defp write_file(path, json) do
    with :ok <- File.mkdir_p(Path.dirname(path)),
         :ok <- File.write(path <> ".new", json),
         do: File.rename(path <> ".new", path)
  end
end
