if Code.ensure_loaded?(Gnat) do
  defmodule ServiceRadar.BMP.Broker.JetStream.Consumer do
    @moduledoc false
    # Takes the batches of one partition out of the stream, in stream order, for one subscriber.
    #
    # `last` is the highest stream sequence given to the subscriber, `committed` the highest it has acknowledged. Those
    # between are in `in_flight` (tag and sequence, in order), with the subject for their acknowledgement in `replies`:
    # it changes when the durable consumer is made anew, which redelivers them. What is not above `last` is never given
    # to the subscriber again.
    #
    # Only the partition's owner touches the consumer. So each time before the consumer is made, the store is asked
    # whether this station is the owner. A station that is not does nothing more here: the store tells the pipeline,
    # too, which ends the subscription.
    use GenServer

    require Logger

    alias Gnat.Jetstream.API.Message
    alias ServiceRadar.BMP.{Config, Instance, Telemetry}
    alias ServiceRadar.BMP.Broker.JetStream
    alias ServiceRadar.BMP.Broker.JetStream.{API, Link}

    @ms 1_000_000
    @expires 5_000
    @grace 2_000
    @retry 500
    @not_found 10_014
    @stream_not_found 10_059

    def child_spec({_config, partition} = argument),
      do: %{id: {__MODULE__, partition}, start: {__MODULE__, :start_link, [argument]}}

    def start_link({config, partition} = argument),
      do: GenServer.start_link(__MODULE__, argument, name: Instance.via(config.name, {:consumer, partition}))

    @impl true
    def init({%Config{broker: {_, options}} = config, partition}) do
      Link.join(config.name)
      Process.send_after(self(), :in_progress, div(options[:ack_wait], 3))

      {:ok,
       %{
         config: config,
         options: options,
         station: config.name,
         partition: partition,
         subject: JetStream.subject(options, partition),
         durable: "#{options[:durable]}-#{partition}",
         owner: "#{config.collector} #{Base.url_encode64(:crypto.strong_rand_bytes(6))}",
         gnat: nil,
         stream: nil,
         # The timer of the next attempt to begin, or nil
         timer: nil,
         running: false,
         # How many messages the stream had after the last one that came
         pending: 0,
         caught_up: nil,
         inbox: nil,
         sid: nil,
         subscribed_at: nil,
         consumer_seq: 0,
         pull: nil,
         pulls: 0,
         subscriber: nil,
         token: nil,
         # Whether somebody else has deleted the consumer since this process made it
         deleted: false,
         demand: 0,
         next_tag: 1,
         last: 0,
         committed: 0,
         in_flight: :queue.new(),
         replies: %{}
       }}
    end

    @impl true
    def handle_call({:subscribe, token}, {pid, _}, state) do
      state = state |> unsubscribe() |> again(0)
      ref = Process.monitor(pid)
      {:reply, ref, told(%{state | subscriber: %{pid: pid, ref: ref}, token: token, deleted: false})}
    end

    @impl true
    def handle_cast({:demand, ref, count}, %{subscriber: %{ref: ref}} = state),
      do: noreply(pull(%{state | demand: state.demand + count}))

    def handle_cast({:ack, ref, tag}, %{subscriber: %{ref: ref}} = state), do: noreply(acknowledge(state, tag))

    # From a subscriber that another has replaced.
    def handle_cast({verb, _ref, _}, state) when verb in [:demand, :ack], do: {:noreply, state}

    @impl true
    def handle_info({:link, nil, _}, state), do: noreply(%{state | gnat: nil, running: false, pull: nil})

    # Each connection numbers its subscriptions itself: here the number from another connection means another
    # subscription.
    def handle_info({:link, gnat, stream}, state) do
      sid = if gnat == state.subscribed_at, do: state.sid
      noreply(%{known(state, stream) | gnat: gnat, stream: stream, sid: sid} |> again(0))
    end

    def handle_info({:timeout, timer, :begin}, %{timer: timer} = state), do: noreply(start(%{state | timer: nil}))

    def handle_info({:msg, %{sid: sid, gnat: gnat} = message}, %{sid: sid, gnat: gnat, running: true} = state) do
      case message do
        %{reply_to: "$JS.ACK." <> _} -> noreply(receive_more(message, state))
        %{status: status, topic: topic} -> noreply(status(status, message[:description] || "", topic, state))
        _ -> {:noreply, state}
      end
    end

    def handle_info({:pull_gone, id}, %{pull: %{id: id}} = state) do
      Logger.warning("JetStream does not answer a pull request of consumer #{state.durable}")
      noreply(again(state, 0))
    end

    def handle_info(:in_progress, state) do
      Process.send_after(self(), :in_progress, div(state.options[:ack_wait], 3))
      if state.running, do: Enum.each(state.replies, fn {_seq, reply} -> API.publish(state.gnat, reply, "+WPI") end)
      {:noreply, state}
    end

    def handle_info({:DOWN, ref, :process, _, _}, %{subscriber: %{ref: ref}} = state),
      do: noreply(unsubscribe(state))

    def handle_info(_other, state), do: {:noreply, state}

    defp noreply(state), do: {:noreply, told(state)}

    # Publishes, as the value that this process is registered with, whether the subscriber has committed all that there
    # is.
    defp told(state) do
      caught_up = state.running and state.pending == 0 and :queue.is_empty(state.in_flight)
      if caught_up != state.caught_up, do: Instance.put_value(state.station, {:consumer, state.partition}, caught_up)
      %{state | caught_up: caught_up}
    end

    defp unsubscribe(%{subscriber: nil} = state), do: forget(state)

    defp unsubscribe(%{subscriber: %{ref: ref}} = state) do
      Process.demonitor(ref, [:flush])
      forget(%{state | subscriber: nil})
    end

    # Forgets what was in flight, so that it is delivered again.
    defp forget(state) do
      state = %{state | running: false, demand: 0, pull: nil, last: state.committed}
      %{state | in_flight: :queue.new(), replies: %{}}
    end

    # Sequences mean nothing in a stream that was made anew, or lost its end.
    defp known(%{stream: %{created: created}, last: last} = state, %{created: created, last_seq: seq}) when seq >= last,
      do: state

    defp known(%{stream: nil} = state, _stream), do: state

    defp known(state, stream) do
      Logger.warning("the stream is not the one it was: it is read from its beginning, #{stream.last_seq} messages")
      %{state | last: 0, committed: 0, in_flight: :queue.new(), replies: %{}}
    end

    # The durable consumer ------------------------------------------------------------------------------------------

    defp again(state, wait) do
      if state.timer, do: :erlang.cancel_timer(state.timer)
      %{state | running: false, pull: nil, timer: :erlang.start_timer(wait, self(), :begin)}
    end

    defp start(%{gnat: gnat, subscriber: subscriber} = state) when gnat == nil or subscriber == nil, do: state

    defp start(state) do
      with :ok <- owner?(state),
           {:ok, floor} <- acked_up_to(state),
           :ok <- delete(state, floor),
           {:ok, created} <- create(state, floor),
           {:ok, state} <- listen(state) do
        Telemetry.execute(:broker, :consuming, %{count: 1}, metadata(state))
        pull(%{state | running: true, consumer_seq: 0, deleted: false, pending: created["num_pending"] || 0})
      else
        {:error, :fenced} ->
          Logger.info("the consumer #{state.durable} belongs to another station now")
          state

        {:error, {:taken_by, other}} ->
          # Otherwise two stations would take it from each other for ever.
          Logger.error(
            "#{state.durable} is consumed by another station, #{other}: this one stops. Several stations of one stream " <>
              "need a store that knows owners, such as ServiceRadar.BMP.Store.Postgres"
          )

          state

        {:error, reason} ->
          Logger.warning("no consumer #{state.durable}, trying again: #{inspect(reason)}")
          if match?({:api, @stream_not_found, _}, reason), do: Link.check(state.station)
          again(state, @retry)
      end
    end

    defp owner?(%{token: nil}), do: :ok

    defp owner?(%{config: %Config{store: {store, _}} = config} = state),
      do: store.held?(config, state.partition, state.token)

    # The sequence up to which the existing consumer was acknowledged; nil where there is none.
    defp acked_up_to(state) do
      case request(state, "INFO") do
        {:ok, %{"config" => %{"description" => other}}}
        when state.deleted and state.token == nil and other != state.owner ->
          {:error, {:taken_by, other}}

        {:ok, %{"ack_floor" => %{"stream_seq" => floor}}} ->
          {:ok, floor}

        {:error, {:api, @not_found, _}} ->
          {:ok, nil}

        {:error, reason} ->
          {:error, reason}
      end
    end

    defp delete(_state, nil), do: :ok

    defp delete(state, _floor) do
      case request(state, "DELETE") do
        {:ok, _} -> :ok
        {:error, {:api, @not_found, _}} -> :ok
        {:error, reason} -> {:error, reason}
      end
    end

    defp create(state, floor) do
      config = %{
        durable_name: state.durable,
        description: state.owner,
        filter_subject: state.subject,
        ack_policy: "explicit",
        ack_wait: state.options[:ack_wait] * @ms,
        max_ack_pending: 65_536,
        max_deliver: -1
      }

      body = %{stream_name: state.options[:stream], config: Map.merge(config, from(state, floor))}
      request(state, "DURABLE.CREATE", body)
    end

    # A work queue holds what is not acknowledged, and nothing else.
    defp from(%{stream: %{retention: "workqueue"}}, _floor), do: %{deliver_policy: "all"}

    defp from(state, floor) do
      case max(floor || 0, state.committed) do
        0 -> %{deliver_policy: "all"}
        floor -> %{deliver_policy: "by_start_sequence", opt_start_seq: floor + 1}
      end
    end

    # An inbox of its own for each consumer made: what an earlier one still sends is not taken for this one's.
    defp listen(state) do
      inbox = API.inbox(state.options) <> "."
      {:ok, sid} = Gnat.sub(state.gnat, self(), inbox <> "*")
      if state.sid, do: Gnat.unsub(state.gnat, state.sid)
      {:ok, %{state | inbox: inbox, sid: sid, subscribed_at: state.gnat}}
    catch
      :exit, reason -> {:error, {:exit, reason}}
    end

    defp request(state, verb, body \\ %{}) do
      API.request(state.gnat, state.options, "CONSUMER.#{verb}.#{state.options[:stream]}.#{state.durable}", body)
    end

    # Pulling -------------------------------------------------------------------------------------------------------

    # One request at a time. It ends when it is filled, or with a status message.
    defp pull(state, limit \\ :bytes)

    defp pull(%{running: true, pull: nil, demand: demand} = state, limit) when demand > 0 do
      id = state.pulls + 1
      batch = if limit == :bytes, do: min(demand, state.options[:pull]), else: 1
      body = %{batch: batch, expires: @expires * @ms}
      body = if limit == :bytes, do: Map.put(body, :max_bytes, state.options[:pull_bytes]), else: body
      subject = "#{API.prefix(state.options[:domain])}CONSUMER.MSG.NEXT.#{state.options[:stream]}.#{state.durable}"
      API.publish(state.gnat, subject, Jason.encode!(body), reply_to: state.inbox <> Integer.to_string(id))
      Process.send_after(self(), {:pull_gone, id}, @expires + @grace)
      %{state | pulls: id, pull: %{id: id, left: batch, got: 0}}
    end

    defp pull(state, _limit), do: state

    defp status(status, description, topic, %{pull: %{id: id} = pull} = state) do
      cond do
        topic != state.inbox <> Integer.to_string(id) -> state
        status == "100" -> state
        status in ["404", "408"] -> pull(%{state | pull: nil})
        # Not even the first message fits: that one alone, whatever its size.
        description =~ "MaxBytes" -> pull(%{state | pull: nil}, if(pull.got == 0, do: :any, else: :bytes))
        description =~ "Consumer Deleted" -> deleted(state)
        true -> trouble(state, status, description)
      end
    end

    defp status(_status, _description, _topic, state), do: state

    # It was deleted by the station that took the partition, or by mistake: the store knows which.
    defp deleted(state), do: again(%{state | deleted: true}, @retry)

    defp trouble(state, status, description) do
      Logger.warning("JetStream ends a pull request of consumer #{state.durable}: #{status} #{description}")
      if status == "503", do: Link.check(state.station)
      again(state, @retry)
    end

    # What else has arrived by now goes along, so that the subscriber gets batches to commit together.
    defp receive_more(message, %{sid: sid, pull: pull} = state) do
      more = if pull, do: pull.left - 1, else: 0

      case take([message | received(sid, more, [])], state, []) do
        {:ok, deliveries, state} -> state |> deliver(deliveries) |> pull()
        {:gap, deliveries, state} -> state |> deliver(deliveries) |> again(0)
      end
    end

    defp received(_sid, more, messages) when more <= 0, do: Enum.reverse(messages)

    defp received(sid, more, messages) do
      receive do
        {:msg, %{sid: ^sid, reply_to: "$JS.ACK." <> _} = message} -> received(sid, more - 1, [message | messages])
      after
        0 -> Enum.reverse(messages)
      end
    end

    defp take([], state, deliveries), do: {:ok, Enum.reverse(deliveries), state}

    defp take([message | messages], state, deliveries) do
      {:ok, %{stream_seq: seq, consumer_seq: consumer_seq, num_delivered: delivered, num_pending: pending}} =
        Message.metadata(message)

      if consumer_seq == state.consumer_seq + 1 do
        state = %{state | consumer_seq: consumer_seq, pending: pending, pull: counted(state.pull)}
        {state, deliveries} = take(message, seq, delivered, state, deliveries)
        take(messages, state, deliveries)
      else
        Logger.warning("a message of the stream did not arrive: consumer #{state.durable} reads it again")
        {:gap, Enum.reverse(deliveries), state}
      end
    end

    defp take(message, seq, delivered, %{last: last} = state, deliveries) when seq > last do
      delivery = %{tag: state.next_tag, payload: message.body, redelivered: delivered > 1}

      state = %{
        state
        | next_tag: state.next_tag + 1,
          last: seq,
          in_flight: :queue.in({state.next_tag, seq}, state.in_flight),
          replies: Map.put(state.replies, seq, message.reply_to),
          demand: state.demand - 1
      }

      {state, [delivery | deliveries]}
    end

    defp take(%{reply_to: reply}, seq, _delivered, %{replies: replies} = state, deliveries) do
      if is_map_key(replies, seq) do
        {%{state | replies: %{replies | seq => reply}}, deliveries}
      else
        # Committed, but the acknowledgement was lost.
        API.publish(state.gnat, reply, "")
        {state, deliveries}
      end
    end

    defp counted(nil), do: nil
    defp counted(%{left: 1}), do: nil
    defp counted(pull), do: %{pull | left: pull.left - 1, got: pull.got + 1}

    defp deliver(state, []), do: state

    defp deliver(%{subscriber: %{pid: pid, ref: ref}} = state, deliveries) do
      send(pid, {:bmp_deliveries, ref, deliveries})
      state
    end

    defp acknowledge(state, tag) do
      case :queue.peek(state.in_flight) do
        {:value, {oldest, seq}} when oldest <= tag ->
          {reply, replies} = Map.pop(state.replies, seq)
          if state.running, do: API.publish(state.gnat, reply, "")
          state = %{state | in_flight: :queue.drop(state.in_flight), replies: replies, committed: seq}
          acknowledge(state, tag)

        _ ->
          state
      end
    end

    defp metadata(state), do: %{station: state.station, partition: state.partition}
  end
end
