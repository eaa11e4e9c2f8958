defmodule ServiceRadar.BMP.Insight do
  @moduledoc """
  What broke, where and why: the topology, alerts and causes that the station concludes from what changes.

  The work is done in native memory (the crate `insight`); here it is configured, its clock runs, and what it says is sent to who
  subscribed to the topic `"bmp:insight"` (`ServiceRadar.BMP.Events`), as `{:bmp_insight, station, line}`. A line is a JSON object:
  a change of the topology, an alert that opens, grows or closes, or a verdict. The guide "What broke, and why" tells what each means.

      {:ok, _} = ServiceRadar.BMP.start_link(name: :edge, insight: "insight.json")
      ServiceRadar.BMP.Events.subscribe("bmp:insight")
  """
  use GenServer

  require Logger

  alias ServiceRadar.BMP.{
    Config,
    Deltas,
    Elsewhere,
    Events,
    Feed,
    Instance,
    Native,
    OCSF,
    Registry,
    Route,
    RoutingTable
  }

  alias ServiceRadar.BMP.Insight.{State, Webhook}

  @topic "bmp:insight"
  @unicast elem(Registry.family!("ipv4-unicast"), 1)
  # How often at most the state that outlives a restart is written.
  @keep_after 1_000

  @doc false
  def child_spec(%Config{} = config) do
    name = Instance.via(config.name, :insight, nil)
    %{id: __MODULE__, start: {GenServer, :start_link, [__MODULE__, config, [name: name]]}}
  end

  @doc "Has it read a table that is full already. Called by a partition's process before the first batch."
  @spec adopt(Config.t(), RoutingTable.t()) :: :ok
  def adopt(%Config{insight: nil}, _table), do: :ok

  def adopt(config, %RoutingTable{ref: table}) do
    if ref = Instance.value(config.name, :insight), do: said(config, Native.insight_adopt(ref, table, now()))
    :ok
  end

  @doc "Tells it what a batch changed. Called by the partitions' processes, after the change is committed."
  @spec tell(Config.t(), Deltas.t()) :: :ok
  def tell(%Config{insight: nil}, _deltas), do: :ok

  def tell(config, %Deltas{ref: deltas}) do
    if ref = Instance.value(config.name, :insight),
      do: said(config, Native.insight_apply(ref, tables(config), deltas, now()))

    :ok
  end

  @doc """
  Tells it the state of an interface, as SNMP has it: a JSON object with `device`, `name`, `oper_status` and `admin_status` (`up`,
  `down`, or the numbers of IF-MIB); `device_id`, `if_name`, `if_oper_status` and `if_admin_status` mean the same. Over NATS it is `:interfaces` of
  `ServiceRadar.BMP.Broker.JetStream`.
  """
  @spec interface(Config.name(), json :: String.t()) :: :ok | {:error, :no_insight | String.t()}
  def interface(station, json) do
    config = Instance.config!(station)

    case Instance.value(station, :insight) do
      nil -> {:error, :no_insight}
      ref -> said(config, Native.insight_interface(ref, tables(config), json, now()))
    end
  end

  @doc false
  # Takes what RPKI caches told; returns what has to be logged.
  def caches(config, client) do
    {said, notes} = Native.insight_caches(Instance.value(config.name, :insight), tables(config), client, now())
    said(config, said)
    notes
  end

  @doc false
  def vrp_file(config, json),
    do: said(config, Native.insight_vrp_file(Instance.value(config.name, :insight), tables(config), json, now()))

  @doc """
  Routes with what RPKI says of each (RFC 6811) as `:validity`: `:valid`, `:invalid` or `:not_found`; nil where this station has no
  VRPs, and of routes that are of no prefix or in a VRF.
  """
  @spec validate(Config.name(), [Route.t()]) :: [Route.t()]
  def validate(station, routes) do
    case Instance.value(station, :insight) do
      nil ->
        with [node | _] <- Elsewhere.nodes(station, :insight),
             [validated] <- Elsewhere.ask([node], __MODULE__, :validate, [station, routes]) do
          validated
        else
          [] -> routes
        end

      ref ->
        asked = for route <- routes, do: {validated_prefix(route), origin(route)}

        for {route, validity} <- Enum.zip(routes, Native.insight_validity(ref, asked)),
            do: %{route | validity: validity}
    end
  end

  @doc "Whether the station has VRPs, so that it knows what RPKI says of a route."
  @spec validates?(Config.name()) :: boolean
  def validates?(station) do
    case Instance.value(station, :insight) do
      nil ->
        station |> Elsewhere.nodes(:insight) |> Enum.take(1) |> Elsewhere.ask(__MODULE__, :validates?, [station]) == [
          true
        ]

      ref ->
        Native.insight_validity(ref, [{"0.0.0.0/0", nil}]) != [nil]
    end
  end

  defp validated_prefix(%Route{safi: @unicast, distinguisher: rd, prefix: prefix})
       when prefix != nil and rd in [0, "0:0", nil],
       do: to_string(prefix)

  defp validated_prefix(_route), do: ""

  # A path that ends with a set has no origin, and one without any is the peer's own.
  defp origin(%Route{as_path: path, as_path_text: text} = route) do
    cond do
      String.ends_with?(text || "", "}") -> nil
      path in [nil, []] -> route.peer_asn
      true -> List.last(path)
    end
  end

  @typedoc """
  An alert as it is told, with atoms for names: `:rule`, `:subject`, `:severity`, `:text`, `:runbook`, `:uid`, `:opened_at_ms`,
  `:evidence`, and where they are not empty or false `:peers`, `:prefixes`, `:acknowledged`, `:muted`,
  `:muted_until_ms`.
  """
  @type alert :: map

  @typedoc """
  A verdict: `:subject`, `:cause`, `:class`, `:confidence`, `:text`, `:evidence`, `:would_change_if`, `:supersedes`, `:at_ms`, and
  where they are not empty `:peers` and `:prefixes`.
  """
  @type verdict :: map

  @doc "Every alert that is open, on this node and on those that it is connected to."
  @spec alerts(Config.name()) :: [alert]
  def alerts(station), do: everywhere(station, :alerts_here) |> Enum.uniq_by(&{&1.rule, &1.subject})

  @doc "The last verdict of each subject, oldest first, of all nodes, too."
  @spec verdicts(Config.name()) :: [verdict]
  def verdicts(station) do
    # Of several verdicts on one subject the latest counts.
    station
    |> everywhere(:verdicts_here)
    |> Enum.sort_by(& &1.at_ms, :desc)
    |> Enum.uniq_by(& &1.subject)
    |> Enum.reverse()
  end

  defp everywhere(station, function) do
    elsewhere = station |> Elsewhere.nodes(:insight) |> Elsewhere.ask(__MODULE__, function, [station])
    Enum.concat([apply(__MODULE__, function, [station]) | elsewhere])
  end

  @doc false
  def alerts_here(station), do: ask(station, &Native.insight_alerts(&1, now()))

  @doc false
  def verdicts_here(station), do: ask(station, &Native.insight_verdicts/1)

  @doc "Whether the station runs it, here or on a node that this one is connected to."
  @spec runs?(Config.name()) :: boolean
  def runs?(station) do
    # Raises where there is no station.
    Instance.config!(station)
    Instance.value(station, :insight) != nil or Elsewhere.nodes(station, :insight) != []
  end

  @doc "Every link, and every route that is known to use it, as JSON objects with `source`, `target`, `prefix`, `metric` and `status`."
  @spec topology(Config.name()) :: [String.t()]
  def topology(station), do: everywhere(station, :topology_here)

  @doc false
  def topology_here(station), do: ask(station, &Native.insight_topology/1)

  @doc "A person has seen an alert, or wants to hear nothing of it until then (milliseconds since the Unix epoch); `false` and nil take that back."
  @spec mark(Config.name(), rule :: String.t(), subject :: String.t(), acknowledged :: boolean, integer | nil) ::
          :ok | {:error, :no_insight}
  def mark(station, rule, subject, acknowledged, muted_until_ms \\ nil) do
    # An alert does not show whose table it came from, so every node is asked.
    arguments = [station, rule, subject, acknowledged, muted_until_ms]
    elsewhere = station |> Elsewhere.nodes(:insight) |> Elsewhere.ask(__MODULE__, :mark_here, arguments)
    if :ok in [apply(__MODULE__, :mark_here, arguments) | elsewhere], do: :ok, else: {:error, :no_insight}
  end

  @doc false
  def mark_here(station, rule, subject, acknowledged, muted_until_ms) do
    case Instance.value(station, :insight) do
      nil ->
        {:error, :no_insight}

      ref ->
        :ok = Native.insight_mark(ref, rule, subject, acknowledged, muted_until_ms)
        send_to(station, :keep)
        :ok
    end
  end

  defp ask(station, question) do
    Instance.config!(station)
    ref = Instance.value(station, :insight)
    if ref, do: question.(ref), else: []
  end

  @impl GenServer
  def init(config) do
    with {:ok, json} <- File.read(config.insight),
         {:ok, ref} <- Native.insight_new(json) do
      # So that the last state is written when it stops.
      Process.flag(:trap_exit, true)
      restore(config, ref)
      Instance.put_value(config.name, :insight, ref)
      :ok = Elsewhere.join(config.name, :insight)
      {:ok, %{config: config, json: json, due: nil, keeps: false}}
    else
      {:error, reason} -> {:stop, {:insight_file, config.insight, reason}}
    end
  end

  @impl GenServer
  def handle_info({:due, due}, %{due: earlier} = state) when earlier != nil and earlier <= due,
    do: {:noreply, state}

  def handle_info({:due, due}, state) do
    Process.send_after(self(), {:tick, due}, max(due - now(), 0))
    {:noreply, %{state | due: due}}
  end

  # A tick of a timer that an earlier one has replaced.
  def handle_info({:tick, due}, %{due: other} = state) when due != other, do: {:noreply, state}

  def handle_info({:tick, _due}, %{config: config} = state) do
    ref = Instance.value(config.name, :insight)
    said(config, Native.insight_tick(ref, tables(config), now()))
    {:noreply, %{state | due: nil}}
  end

  # Insight panicked, which is a fault of ours: what it knew is lost, and it begins anew with what comes.
  def handle_info(:poisoned, %{config: config} = state) do
    {:ok, ref} = Native.insight_new(state.json)
    restore(config, ref)
    for table <- tables(config), do: said(config, Native.insight_adopt(ref, table, now()))
    Instance.put_value(config.name, :insight, ref)
    if pid = Instance.whereis(config.name, :rpki), do: send(pid, :anew)
    {:noreply, %{state | due: nil}}
  end

  def handle_info(:keep, %{keeps: true} = state), do: {:noreply, state}

  def handle_info(:keep, state) do
    Process.send_after(self(), :keep_now, @keep_after)
    {:noreply, %{state | keeps: true}}
  end

  def handle_info(:keep_now, state) do
    keep(state.config)
    {:noreply, %{state | keeps: false}}
  end

  def handle_info({:EXIT, _from, reason}, state), do: {:stop, reason, state}

  @impl GenServer
  def terminate(_reason, %{keeps: true} = state), do: keep(state.config)
  def terminate(_reason, _state), do: :ok

  # Where neither the store nor a file keeps the state, it is lost when the station ends.
  defp restore(config, ref) do
    case State.read(config) do
      {:ok, nil} ->
        :ok

      {:ok, json} ->
        case Native.insight_restore(ref, json, now()) do
          {:ok, [], [], _due} -> :ok
          other -> Logger.warning("what insight kept of #{inspect(config.name)} cannot be read: #{inspect(other)}")
        end

      {:error, reason} ->
        Logger.warning("what insight kept of #{inspect(config.name)} cannot be read: #{inspect(reason)}")
    end
  end

  defp keep(config) do
    with {:error, reason} <- State.write(config, Native.insight_kept(Instance.value(config.name, :insight), now())) do
      Logger.warning("open alerts and marks of #{inspect(config.name)} are not kept: #{inspect(reason)}")
    end
  end

  defp said(config, {:ok, lines, findings, due}) do
    for line <- lines, do: Events.broadcast(config.pubsub, {:bmp_insight, config.name, line}, @topic)
    if lines != [], do: Feed.find(config)
    OCSF.deliver(config, findings)
    Webhook.put(config, findings)
    if due, do: send_to(config.name, {:due, due})
    # There is one of every alert that is told, and alerts are what is kept.
    if findings != [], do: send_to(config.name, :keep)
    :ok
  end

  defp said(config, :poisoned) do
    Logger.error("insight of #{inspect(config.name)} broke in the midst of a batch: it begins anew")
    send_to(config.name, :poisoned)
  end

  defp said(_config, {:error, reason}), do: {:error, reason}

  defp send_to(station, message) do
    pid = Instance.whereis(station, :insight)
    if pid, do: send(pid, message)
    :ok
  end

  defp tables(config), do: for({_, %RoutingTable{ref: table}} <- Feed.tables(config), do: table)

  defp now, do: System.system_time(:millisecond)
end
