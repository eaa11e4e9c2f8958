if Code.ensure_loaded?(Gnat) do
  defmodule ServiceRadar.BMP.Broker.JetStream.Publisher do
    @moduledoc false
    # Publishes the batches of one partition: many at a time, in order.
    #
    # Batches are numbered; `base` is the first that is not acknowledged, `next` the next to send, `tail` the next
    # number to give. The mode says what may be sent:
    #
    #     down      nothing: there is no JetStream
    #     probe     the first unacknowledged batch alone, to see whether it is taken now
    #     open      as many as the window holds
    #     settling  nothing: one was refused, the answers to those after it are awaited
    #     resting   nothing, for a while; then everything again from `base` on
    #
    # Besides, no more bytes are sent than there is `credit` for: it is reckoned a few times a second from the partition's
    # share of the stream. So a slow pipeline holds up the sessions of its own partition and of no other, and nothing is
    # refused in the midst of a window.
    #
    # A batch can still be refused, or be lost in a change of leaders, and one after it be taken. Sent again, it is
    # stored after its successor. The routing table cannot put that right (an End-of-RIB would have swept what the late
    # batch announces), but the router can: its session is told that the batch failed, and ends.
    use GenServer

    require Logger

    alias ServiceRadar.BMP.{Config, Instance, Telemetry, UUID}
    alias ServiceRadar.BMP.Broker.JetStream
    alias ServiceRadar.BMP.Broker.JetStream.{API, Link}

    @first_rest 100
    @longest_rest 2_000
    @complain_every 10_000
    # What headers and the server itself add to each message, generously estimated
    @overhead 512
    # JetStream: "message size exceeds maximum allowed"
    @too_big 10_054

    def child_spec({_config, partition} = argument),
      do: %{id: {__MODULE__, partition}, start: {__MODULE__, :start_link, [argument]}}

    def start_link({config, partition} = argument),
      do: GenServer.start_link(__MODULE__, argument, name: Instance.via(config.name, {:publisher, partition}))

    @impl true
    def init({%Config{broker: {_, options}} = config, partition}) do
      Link.join(config.name)
      Process.send_after(self(), :tick, tick(options))

      {:ok,
       %{
         options: options,
         station: config.name,
         partition: partition,
         subject: JetStream.subject(options, partition),
         gnat: nil,
         max_payload: nil,
         inbox: nil,
         mode: :down,
         credit: 0,
         # Whether publishing waits for room in the stream, and about how many bytes a batch of this partition has
         full: false,
         mean: nil,
         # The processes that publish, each with how many of its batches are held and the last one that was taken
         senders: %{},
         refusals: 0,
         complained: nil,
         entries: %{},
         base: 0,
         next: 0,
         tail: 0,
         held_bytes: 0,
         sent: 0,
         sent_bytes: 0
       }}
    end

    @impl true
    def handle_cast({:publish, from, ref, batch}, state) do
      size = byte_size(batch.payload)

      # A batch that is bigger than the whole limit is taken where nothing else is held.
      if state.held_bytes > 0 and state.held_bytes + size > state.options[:queue_bytes] do
        send(from, {:bmp_broker, {:failed, :queue_full}, ref})
        {:noreply, state}
      else
        entry = %{
          from: from,
          ref: ref,
          id: batch.id,
          router_id: batch.router_id,
          payload: batch.payload,
          size: size,
          since: System.monotonic_time(),
          sent_at: nil
        }

        entries = Map.put(state.entries, state.tail, entry)
        senders = Map.update(state.senders, from, {1, -1}, fn {held, last} -> {held + 1, last} end)
        held_bytes = state.held_bytes + size
        {:noreply, pump(%{state | entries: entries, senders: senders, tail: state.tail + 1, held_bytes: held_bytes})}
      end
    end

    @impl true
    def handle_info({:link, nil, _}, state), do: {:noreply, %{state | mode: :down, gnat: nil}}

    def handle_info({:link, gnat, stream}, state) do
      case listen(gnat, state) do
        {:ok, state} -> {:noreply, rewind(%{state | gnat: gnat, credit: credit(stream.room, state)})}
        # If the connection is gone, the link will say so.
        :error -> {:noreply, %{state | mode: :down}}
      end
    end

    # What is on its way may not be in the stream's count yet.
    def handle_info({:room, room}, state) do
      on_its_way = state.sent_bytes + state.sent * @overhead
      {:noreply, pump(full(%{state | credit: spend(credit(room, state), on_its_way)}))}
    end

    def handle_info({:msg, %{topic: topic, body: body} = message}, %{inbox: {_gnat, inbox}} = state) do
      size = byte_size(inbox)

      # Answers of an earlier connection come to an earlier inbox.
      with <<^inbox::binary-size(size), number::binary>> <- topic,
           {number, ""} <- Integer.parse(number) do
        {:noreply, state |> answer(number, result(message[:status], body)) |> pump()}
      else
        _ -> {:noreply, state}
      end
    end

    def handle_info(:tick, state) do
      Process.send_after(self(), :tick, tick(state.options))
      {:noreply, if(unanswered?(state), do: resend(state), else: state)}
    end

    def handle_info(:rested, %{mode: :resting} = state), do: {:noreply, rewind(state)}
    def handle_info(_other, state), do: {:noreply, state}

    # Each connection has one inbox.
    defp listen(gnat, %{inbox: {gnat, _inbox}} = state), do: {:ok, state}

    defp listen(gnat, state) do
      inbox = API.inbox(state.options) <> "."
      {:ok, _sid} = Gnat.sub(gnat, self(), inbox <> "*")
      {:ok, %{state | inbox: {gnat, inbox}, max_payload: Gnat.server_info(gnat).max_payload}}
    catch
      :exit, _ -> :error
    end

    # Sending -----------------------------------------------------------------------------------------------------

    defp pump(%{mode: mode, credit: credit, next: next, tail: tail} = state)
         when mode in [:probe, :open] and next < tail and credit > 0 do
      case state.entries do
        %{^next => entry} -> if room?(state, entry), do: state |> send_out(next, entry) |> pump(), else: state
        # Acknowledged after all, since it was sent the last time.
        _ -> pump(%{state | next: next + 1})
      end
    end

    defp pump(state), do: state

    defp credit(:infinity, _state), do: :infinity

    # NATS says how many messages of a subject there are, not how big they are: about as big as those sent lately.
    defp credit(room, state) do
      held = Map.get(room.held, state.subject, 0) * (state.mean || room.mean)
      max(min(room.share - held, room.left), 0)
    end

    # It is logged once, until there is room again.
    defp full(%{credit: credit, next: next, tail: tail, full: full} = state) do
      waits = credit != :infinity and credit <= 0 and next < tail

      if waits and not full do
        Logger.warning(
          "#{state.subject} has filled its share of the stream #{state.options[:stream]}: publishing waits for the pipeline. " <>
            "See whether the partition's owner and its store keep up; :max_bytes makes the stream bigger"
        )

        execute(:full, %{count: 1}, %{stream: state.options[:stream]}, state)
      end

      %{state | full: waits}
    end

    defp spend(:infinity, _bytes), do: :infinity
    defp spend(credit, bytes), do: credit - bytes

    defp room?(%{sent: 0}, _entry), do: true
    defp room?(%{mode: :probe}, _entry), do: false

    defp room?(state, entry),
      do: state.sent < state.options[:window] and state.sent_bytes + entry.size <= state.options[:window_bytes]

    defp send_out(state, number, entry) do
      headers = [
        {"Nats-Msg-Id", entry.id},
        {"Nats-Expected-Stream", state.options[:stream]},
        {"Bmp-Router-Id", UUID.text(entry.router_id)}
      ]

      # The server closes the connection on a message that is too long, with its headers.
      if entry.size + @overhead > state.max_payload do
        fail(%{state | next: number + 1}, number, entry, {:too_big, entry.size, state.max_payload})
      else
        {_gnat, inbox} = state.inbox
        options = [headers: headers, reply_to: inbox <> Integer.to_string(number)]

        case API.publish(state.gnat, state.subject, entry.payload, options) do
          :ok ->
            entries = %{state.entries | number => %{entry | sent_at: System.monotonic_time(:millisecond)}}

            %{
              state
              | entries: entries,
                credit: spend(state.credit, entry.size + @overhead),
                mean: mean(state.mean, entry.size + @overhead),
                next: number + 1,
                sent: state.sent + 1,
                sent_bytes: state.sent_bytes + entry.size
            }

          :error ->
            %{state | mode: :down}
        end
      end
    end

    defp mean(nil, size), do: size
    defp mean(mean, size), do: div(mean * 15 + size, 16)

    # Everything from the first unacknowledged on is sent again.
    defp rewind(state) do
      again = Enum.count(state.entries, fn {_, entry} -> entry.sent_at != nil end)
      if again > 0, do: execute(:resent, %{count: again}, %{}, state)
      entries = Map.new(state.entries, fn {number, entry} -> {number, %{entry | sent_at: nil}} end)
      pump(%{state | mode: :probe, entries: entries, next: state.base, sent: 0, sent_bytes: 0})
    end

    # Answers -----------------------------------------------------------------------------------------------------

    defp result("503", _body), do: {:error, :no_responders}

    defp result(_status, body) do
      case Jason.decode(body) do
        {:ok, %{"error" => error}} -> {:error, {error["err_code"], error["description"]}}
        {:ok, %{"duplicate" => true}} -> :duplicate
        {:ok, %{"seq" => _}} -> :stored
        _ -> {:error, :no_answer_of_jetstream}
      end
    end

    defp answer(state, number, result) do
      case {state.entries, result} do
        {%{^number => entry}, taken} when is_atom(taken) -> state |> taken(number, entry, taken) |> settled()
        {%{^number => entry}, {:error, {@too_big, text}}} -> state |> fail(number, entry, text) |> settled()
        {%{^number => %{sent_at: nil}}, {:error, _}} -> state
        {%{^number => entry}, {:error, reason}} -> state |> refused(number, entry, reason) |> settled()
        _ -> state
      end
    end

    defp taken(state, number, entry, how) do
      {held, last} = Map.fetch!(state.senders, entry.from)

      if how == :stored and number < last do
        Logger.error("batch #{entry.id} is stored after its successor, the session that sent it has to end")
        send(entry.from, {:bmp_broker, {:failed, :order_lost}, entry.ref})
      else
        send(entry.from, {:bmp_broker, :acked, entry.ref})
      end

      duration = System.monotonic_time() - entry.since
      execute(:acked, %{duration: duration, bytes: entry.size, in_flight: state.sent}, %{}, state)
      state = forget(%{state | senders: %{state.senders | entry.from => {held, max(last, number)}}}, number, entry)
      if state.mode == :probe, do: %{state | mode: :open, refusals: 0}, else: state
    end

    defp fail(state, number, entry, reason) do
      Logger.error("batch #{entry.id} does not fit into a NATS message: #{inspect(reason)}")
      send(entry.from, {:bmp_broker, {:failed, reason}, entry.ref})
      forget(state, number, entry)
    end

    defp forget(state, number, entry) do
      state = unsend(state, entry)
      senders = release(state.senders, entry.from)
      entries = Map.delete(state.entries, number)
      advance(%{state | entries: entries, senders: senders, held_bytes: state.held_bytes - entry.size})
    end

    defp release(senders, from) do
      case senders do
        %{^from => {1, _last}} -> Map.delete(senders, from)
        %{^from => {held, last}} -> %{senders | from => {held - 1, last}}
      end
    end

    defp advance(%{base: base, tail: tail} = state) do
      if base < tail and not is_map_key(state.entries, base), do: advance(%{state | base: base + 1}), else: state
    end

    defp unsend(state, %{sent_at: nil}), do: state
    defp unsend(state, entry), do: %{state | sent: state.sent - 1, sent_bytes: state.sent_bytes - entry.size}

    defp refused(state, number, entry, reason) do
      state = complain(state, reason)
      if reason == :no_responders, do: Link.check(state.station)
      execute(:refused, %{count: 1}, %{reason: reason}, state)
      state = unsend(state, entry)
      %{state | mode: :settling, entries: %{state.entries | number => %{entry | sent_at: nil}}}
    end

    # A stream that stays full refuses one of every few batches.
    defp complain(state, reason) do
      now = System.monotonic_time(:millisecond)

      if state.complained == nil or now - state.complained > @complain_every do
        Logger.warning("JetStream refuses batches of #{state.subject}, trying again: #{inspect(reason)}")
        %{state | complained: now}
      else
        state
      end
    end

    defp settled(%{mode: :settling, sent: 0} = state) do
      rest = min(@first_rest * 2 ** min(state.refusals, 10), @longest_rest)
      Process.send_after(self(), :rested, rest)
      %{state | mode: :resting, refusals: state.refusals + 1}
    end

    defp settled(state), do: state

    defp unanswered?(%{mode: mode, sent: sent} = state) when mode != :down and sent > 0 do
      limit = System.monotonic_time(:millisecond) - state.options[:ack_timeout]
      Enum.any?(state.entries, fn {_, %{sent_at: sent_at}} -> sent_at != nil and sent_at < limit end)
    end

    defp unanswered?(_state), do: false

    defp resend(state) do
      Logger.warning("JetStream does not acknowledge batches of #{state.subject}, sending again")
      Link.check(state.station)
      rewind(state)
    end

    defp tick(options), do: max(div(options[:ack_timeout], 4), 10)

    defp execute(verb, measurements, metadata, state) do
      metadata = Map.merge(metadata, %{station: state.station, partition: state.partition})
      Telemetry.execute(:broker, verb, measurements, metadata)
    end
  end
end
