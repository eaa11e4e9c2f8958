if Code.ensure_loaded?(Gnat) do
  defmodule ServiceRadar.BMP.Broker.JetStream.SemanticEvents do
    @moduledoc false
    # Publishes semantic events, or OCSF events, to `<subject_prefix>.<kind>`, many at a time, each with its own acknowledgement.
    #
    # Whoever puts events is held up until all of them are sent, so that a slow NATS slows the pipeline and nothing is
    # piled up here. What is not acknowledged is sent again under the same id. Where the stream cannot be had, events are
    # counted as lost: that is told, and is no reason to stop the routing table.
    use GenServer

    require Logger

    alias ServiceRadar.BMP.{Config, Instance, Telemetry}
    alias ServiceRadar.BMP.Broker.JetStream.{API, Link}

    @streams [
      semantic_events: [stream: "BMP_CAUSAL", subject_prefix: "bmp.events"],
      ocsf: [stream: "BMP_OCSF", subject_prefix: "bmp.ocsf"]
    ]
    @defaults [
      max_bytes: 256 * 1024 * 1024,
      max_age: 24 * 60 * 60 * 1000,
      window: 512
    ]
    @not_found 10_059
    @ms 1_000_000

    @doc "Checks the option of a kind of events, which is false or a keyword list, and fills in the defaults."
    @spec validate(:semantic_events | :ocsf, term) :: {:ok, false | keyword} | {:error, String.t()}
    def validate(_kind, false), do: {:ok, false}
    def validate(kind, true), do: {:ok, @streams[kind] ++ @defaults}

    def validate(kind, options) do
      defaults = @streams[kind] ++ @defaults

      with true <- Keyword.keyword?(options),
           {:ok, options} <- Keyword.validate(options, defaults),
           true <- Enum.all?([:max_bytes, :max_age, :window], &(is_integer(options[&1]) and options[&1] > 0)),
           true <- Enum.all?([:stream, :subject_prefix], &(is_binary(options[&1]) and options[&1] =~ ~r/\A[^\s*>]+\z/)) do
        {:ok, options}
      else
        _ ->
          {:error, "#{inspect(kind)} is false, true, or a keyword list with some of #{inspect(Keyword.keys(defaults))}"}
      end
    end

    def start_link({%Config{} = config, kind}),
      do: GenServer.start_link(__MODULE__, {config, kind}, name: Instance.via(config.name, {:published, kind}))

    @doc "Returns when all are sent, or given up."
    @spec put(Config.t(), :semantic_events | :ocsf, [%{kind: String.t(), id: String.t(), json: String.t()}]) :: :ok
    def put(_config, _kind, []), do: :ok

    def put(config, kind, events),
      do: GenServer.call(Instance.via(config.name, {:published, kind}), {:put, events}, :infinity)

    @impl true
    def init({%Config{broker: {_, options}} = config, kind}) do
      Link.join(config.name)
      Process.send_after(self(), :tick, options[:ack_timeout])

      {:ok,
       %{
         station: config.name,
         options: options,
         events: options[kind],
         gnat: nil,
         inbox: nil,
         # :down until there is a connection, :refused where there is no stream to be had
         mode: :down,
         next: 0,
         # Not sent yet: {caller or nil, event}, the last of each caller with its name
         waiting: :queue.new(),
         # Sent and not acknowledged, by number
         sent: %{}
       }}
    end

    @impl true
    def handle_call({:put, events}, _from, %{mode: :refused} = state) do
      {:reply, :ok, lost(state, length(events))}
    end

    def handle_call({:put, events}, from, state) do
      {last, before} = List.pop_at(events, -1)
      waiting = Enum.reduce(before, state.waiting, &:queue.in({nil, &1}, &2))
      {:noreply, pump(%{state | waiting: :queue.in({from, last}, waiting)})}
    end

    @impl true
    def handle_info({:link, nil, _}, state), do: {:noreply, %{state | mode: :down}}
    def handle_info({:link, gnat, _}, %{gnat: gnat, mode: :open} = state), do: {:noreply, state}

    def handle_info({:link, gnat, _}, state) do
      with :ok <- ensure(gnat, state),
           {:ok, state} <- listen(gnat, state) do
        {:noreply, state |> again(Map.keys(state.sent)) |> pump()}
      else
        {:error, {:api, _, text}} -> {:noreply, refuse(state, text)}
        # The link will say that it is gone.
        _ -> {:noreply, %{state | mode: :down}}
      end
    end

    def handle_info({:msg, %{topic: topic, body: body} = message}, state) do
      with {number, ""} <- topic |> String.split(".") |> List.last() |> Integer.parse(),
           true <- is_map_key(state.sent, number) and String.starts_with?(topic, state.inbox) do
        {:noreply, state |> answer(number, message[:status], body) |> pump()}
      else
        _ -> {:noreply, state}
      end
    end

    def handle_info(:tick, state) do
      Process.send_after(self(), :tick, state.options[:ack_timeout])
      limit = System.monotonic_time(:millisecond) - state.options[:ack_timeout]
      late = for {number, {_event, at}} <- state.sent, at < limit, do: number
      {:noreply, if(state.mode == :open, do: again(state, late), else: state)}
    end

    def handle_info(_other, state), do: {:noreply, state}

    defp listen(gnat, state) do
      inbox = API.inbox(state.options) <> "."
      {:ok, _sid} = Gnat.sub(gnat, self(), inbox <> "*")
      {:ok, %{state | gnat: gnat, inbox: inbox, mode: :open}}
    catch
      :exit, reason -> {:error, reason}
    end

    defp pump(%{mode: :open} = state) do
      with true <- map_size(state.sent) < state.events[:window],
           {{:value, {from, event}}, waiting} <- :queue.out(state.waiting) do
        if from, do: GenServer.reply(from, :ok)
        %{state | waiting: waiting, next: state.next + 1} |> send_out(state.next, event) |> pump()
      else
        _ -> state
      end
    end

    defp pump(state), do: state

    defp send_out(state, number, event) do
      subject = "#{state.events[:subject_prefix]}.#{event.kind}"
      headers = [{"Nats-Msg-Id", event.id}, {"Nats-Expected-Stream", state.events[:stream]}]
      options = [headers: headers, reply_to: state.inbox <> Integer.to_string(number)]
      _ = API.publish(state.gnat, subject, event.json, options)
      %{state | sent: Map.put(state.sent, number, {event, System.monotonic_time(:millisecond)})}
    end

    defp again(state, numbers) do
      Enum.reduce(Enum.sort(numbers), state, fn number, state ->
        {event, _at} = Map.fetch!(state.sent, number)
        send_out(state, number, event)
      end)
    end

    defp answer(state, number, status, body) do
      case {status, Jason.decode(body)} do
        {nil, {:ok, %{"seq" => _}}} ->
          %{state | sent: Map.delete(state.sent, number)}

        # It will be tried again: the stream may be changing its leader.
        {"503", _} ->
          state

        {_, answer} ->
          Logger.error("an event is not taken by the stream #{state.events[:stream]}: #{inspect(answer)}")
          lost(%{state | sent: Map.delete(state.sent, number)}, 1)
      end
    end

    defp refuse(state, text) do
      Logger.error("events cannot be published, stream #{state.events[:stream]}: #{text}")
      for {from, _event} <- :queue.to_list(state.waiting), from != nil, do: GenServer.reply(from, :ok)
      count = :queue.len(state.waiting) + map_size(state.sent)
      lost(%{state | mode: :refused, waiting: :queue.new(), sent: %{}}, count)
    end

    defp lost(state, 0), do: state

    defp lost(state, count) do
      Telemetry.execute(:events, :lost, %{count: count}, %{station: state.station, stream: state.events[:stream]})
      state
    end

    # The oldest give way: they are news, not state.
    defp ensure(gnat, %{options: options, events: events}) do
      stream = %{
        name: events[:stream],
        description: "Events of ServiceRadar BMP",
        subjects: [events[:subject_prefix] <> ".>"],
        storage: "file",
        retention: "limits",
        discard: "old",
        max_bytes: events[:max_bytes],
        max_age: events[:max_age] * @ms,
        duplicate_window: min(options[:duplicate_window], events[:max_age]) * @ms,
        num_replicas: options[:replicas]
      }

      case API.request(gnat, options, "STREAM.INFO.#{events[:stream]}") do
        {:ok, _info} ->
          :ok

        {:error, {:api, @not_found, _}} ->
          with {:ok, _} <- API.request(gnat, options, "STREAM.CREATE.#{events[:stream]}", stream), do: :ok

        {:error, reason} ->
          {:error, reason}
      end
    end
  end
end
