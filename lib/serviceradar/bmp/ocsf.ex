defmodule ServiceRadar.BMP.OCSF do
  @moduledoc """
  Appends what changed to a file, as OCSF 1.7.0 events, one JSON object a line (`:ocsf` of the station's configuration).

  Events are written after their changes are committed. Should the station be killed in between, or a batch come twice,
  the file lacks or repeats some: each has a `metadata.uid` made of its content, to tell by.
  """
  use GenServer

  require Logger

  alias ServiceRadar.BMP.{Config, Deltas, Instance}

  @doc false
  def start_link(%Config{} = config),
    do: GenServer.start_link(__MODULE__, config, name: Instance.via(config.name, :ocsf))

  @doc "Appends the events of `deltas`; nothing where the station has no file."
  @spec write(Config.t(), Deltas.t()) :: :ok
  def write(%Config{ocsf: nil}, _deltas), do: :ok

  def write(config, deltas),
    do: GenServer.call(Instance.via(config.name, :ocsf), {:write, Deltas.ocsf(deltas)}, :infinity)

  @impl true
  def init(config) do
    File.mkdir_p!(Path.dirname(config.ocsf))

    case File.open(config.ocsf, [:append, :binary, :raw]) do
      {:ok, file} -> {:ok, %{file: file, path: config.ocsf, lost: 0}}
      {:error, reason} -> {:stop, {:ocsf_file, config.ocsf, reason}}
    end
  end

  @impl true
  def handle_call({:write, []}, _from, state), do: {:reply, :ok, state}

  def handle_call({:write, events}, _from, state) do
    case :file.write(state.file, Enum.map(events, &[&1, ?\n])) do
      :ok -> {:reply, :ok, back(state)}
      {:error, reason} -> {:reply, :ok, lost(state, length(events), reason)}
    end
  end

  # A full disk may not stop the routing table. Said when it begins and when it is over, with how much is missing.
  defp lost(%{lost: 0} = state, count, reason) do
    Logger.error("OCSF events are not written to #{state.path}: #{:file.format_error(reason)}")
    %{state | lost: count}
  end

  defp lost(state, count, _reason), do: %{state | lost: state.lost + count}

  defp back(%{lost: 0} = state), do: state

  defp back(state) do
    Logger.error("OCSF events are written to #{state.path} again; #{state.lost} are missing")
    %{state | lost: 0}
  end
end
