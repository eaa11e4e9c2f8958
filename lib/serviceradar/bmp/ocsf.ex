defmodule ServiceRadar.BMP.OCSF do
  @moduledoc """
  Appends what changed to a file, as OCSF 1.7.0 events, one JSON object a line (`:ocsf` of the station's configuration).

  Events are written after their changes are committed. Should the station be killed in between, or a batch come twice,
  the file lacks or repeats some: each has a `metadata.uid` made of its content, to tell by.
  """
  use GenServer

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
      {:ok, file} -> {:ok, file}
      {:error, reason} -> {:stop, {:ocsf_file, config.ocsf, reason}}
    end
  end

  @impl true
  def handle_call({:write, []}, _from, file), do: {:reply, :ok, file}

  def handle_call({:write, events}, _from, file) do
    :ok = :file.write(file, Enum.map(events, &[&1, ?\n]))
    {:reply, :ok, file}
  end
end
