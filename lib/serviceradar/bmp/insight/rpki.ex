defmodule ServiceRadar.BMP.Insight.RPKI do
  @moduledoc false
  # Brings Validated ROA Payloads to insight: from caches by RTR (RFC 8210; the crate `rtr` does the work, on a thread of its own), and
  # from a file that is read again when it is another one.
  use GenServer

  require Logger

  alias ServiceRadar.BMP.{Config, Insight, Instance, Native}

  def start_link(%Config{} = config),
    do: GenServer.start_link(__MODULE__, config, name: Instance.via(config.name, :rpki))

  @impl GenServer
  def init(config), do: {:ok, %{config: config, client: nil, file: nil, reload: nil, seen: nil}, {:continue, :begin}}

  @impl GenServer
  def handle_continue(:begin, %{config: config} = state) do
    {caches, file, reload} = Native.insight_rpki(Instance.value(config.name, :insight))
    client = if caches != [], do: start(caches)
    {:noreply, look(%{state | client: client, file: file, reload: reload, seen: nil})}
  end

  @impl GenServer
  def handle_info(:rtr, %{client: client} = state) when client != nil do
    for note <- Insight.caches(state.config, client), do: Logger.info(note)
    {:noreply, state}
  end

  def handle_info(:look, state), do: {:noreply, look(state)}
  # Insight knows nothing any more: it is told everything again.
  def handle_info(:anew, state), do: {:noreply, %{state | client: nil}, {:continue, :begin}}
  def handle_info(_other, state), do: {:noreply, state}

  defp start(caches) do
    case Native.rtr_start(caches) do
      {:ok, client} ->
        client

      {:error, reason} ->
        Logger.error("RPKI caches cannot be asked: #{reason}")
        nil
    end
  end

  defp look(%{file: nil} = state), do: state

  defp look(%{config: config, file: path} = state) do
    Process.send_after(self(), :look, state.reload)

    with {:ok, %{mtime: time, size: size}} <- File.stat(path, time: :posix),
         true <- {time, size} != state.seen,
         {:ok, json} <- File.read(path),
         :ok <- Insight.vrp_file(config, json) do
      %{state | seen: {time, size}}
    else
      false ->
        state

      {:error, reason} ->
        # What it had before counts on.
        Logger.warning("the file of VRPs #{path} cannot be read: #{inspect(reason)}")
        state
    end
  end
end
