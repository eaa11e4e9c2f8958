defmodule ServiceRadar.BMP.OCSF do
  @moduledoc """
  Delivers what changed, and what `ServiceRadar.BMP.Insight` says of it, as OCSF 1.7.0 events, each a JSON object: Network Activity (4001)
  and Detection Finding (2004). The guide "Events as OCSF" tells what is in them.

  `:ocsf` of the station's configuration is the path of a file, or a keyword list:

  * `:file` - a file that events are appended to, one a line; default none
  * `:table` - whether the store keeps them, too: that in Postgres does, in `bgp_ocsf_events`; default false
  * `:group_from` - from how many routes on likes of one batch are one event; default 20
  * `:samples` - how many of these such an event shows; default 10

  With it they are also sent to who subscribed to the topic `"bmp:ocsf"` (`ServiceRadar.BMP.Events`), as `{:bmp_ocsf, station, events}`,
  and published by a broker that can (`:ocsf` of `ServiceRadar.BMP.Broker.JetStream`).

  Events are delivered after their changes are committed. Should the station be killed in between, or a batch come twice, some are
  missing or repeated: each has a `metadata.uid` made of its content, to tell by.
  """
  use GenServer

  require Logger

  alias ServiceRadar.BMP.{Config, Deltas, Events, Instance}

  @topic "bmp:ocsf"
  @defaults [file: nil, table: false, group_from: 20, samples: 10]

  @doc "Checks the option, which is nil, a path or a keyword list, and fills in the defaults."
  @spec validate(term) :: {:ok, keyword | nil} | {:error, String.t()}
  def validate(nil), do: {:ok, nil}
  def validate(path) when is_binary(path), do: validate(file: path)

  def validate(options) do
    with true <- Keyword.keyword?(options),
         {:ok, options} <- Keyword.validate(options, @defaults),
         true <- is_nil(options[:file]) or is_binary(options[:file]),
         true <- is_boolean(options[:table]),
         true <- is_integer(options[:group_from]) and options[:group_from] > 0,
         true <- is_integer(options[:samples]) and options[:samples] >= 0 do
      {:ok, options}
    else
      _ -> {:error, "the path of a file, or a keyword list with some of #{inspect(Keyword.keys(@defaults))}"}
    end
  end

  @doc false
  def start_link(%Config{} = config),
    do: GenServer.start_link(__MODULE__, config, name: Instance.via(config.name, :ocsf))

  @doc "Delivers the events of `deltas`; nothing where the station is not asked to."
  @spec tell(Config.t(), Deltas.t()) :: :ok
  def tell(%Config{ocsf: nil}, _deltas), do: :ok

  def tell(%Config{ocsf: options} = config, deltas),
    do: deliver(config, Deltas.ocsf(deltas, options[:group_from], options[:samples]))

  @doc "Delivers events that are made already."
  @spec deliver(Config.t(), [String.t()]) :: :ok
  def deliver(%Config{ocsf: nil}, _events), do: :ok
  def deliver(_config, []), do: :ok

  def deliver(%Config{ocsf: options, store: {store, _}, broker: {broker, _}} = config, events) do
    GenServer.call(Instance.via(config.name, :ocsf), {:write, events}, :infinity)
    Events.broadcast(config.pubsub, {:bmp_ocsf, config.name, events}, @topic)
    if function_exported?(broker, :tell_ocsf, 2), do: broker.tell_ocsf(config, events)

    with true <- options[:table] and function_exported?(store, :keep_ocsf, 2),
         {:error, reason} <- store.keep_ocsf(config, events) do
      Logger.error("#{length(events)} OCSF events are not in the store: #{inspect(reason)}")
    end

    :ok
  end

  @impl true
  def init(config) do
    case config.ocsf[:file] do
      nil -> {:ok, %{file: nil}}
      path -> open(path)
    end
  end

  defp open(path) do
    File.mkdir_p!(Path.dirname(path))

    case File.open(path, [:append, :binary, :raw]) do
      {:ok, file} -> {:ok, %{file: file, path: path, lost: 0}}
      {:error, reason} -> {:stop, {:ocsf_file, path, reason}}
    end
  end

  @impl true
  def handle_call({:write, _events}, _from, %{file: nil} = state), do: {:reply, :ok, state}

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
