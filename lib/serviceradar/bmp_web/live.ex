if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.Live do
    @moduledoc false
    # What every page does the same way: read from the station, and read again when something changed.
    #
    # A page says what it reads (`fetch/1`, a function that is run in a task) and what it shows of it (`show/3`).
    # Changes are taken together for 250 ms; a question that took long is asked less often. A page that is not
    # connected yet, or is paused, is not read again.

    import Phoenix.Component, only: [assign: 2]
    import Phoenix.LiveView

    require Logger

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Config, Events, Instance}

    @type answer :: {:ok, term} | {:error, term}

    @doc "A function that asks the station, made of what it needs of the assigns. It runs in another process."
    @callback fetch(assigns :: map) :: (... -> answer)

    @doc "Puts the answer in the page; `fresh?` when it is not the first to this question."
    @callback show(Phoenix.LiveView.Socket.t(), answer :: term, fresh? :: boolean) :: Phoenix.LiveView.Socket.t()

    @doc "What changed since the last time, newest first. Before the page reads again."
    @callback changed(Phoenix.LiveView.Socket.t(), [map]) :: Phoenix.LiveView.Socket.t()

    @optional_callbacks changed: 2

    @shortest_wait 250
    @longest_wait 10_000
    # Messages kept until the next reading. More than that in one go nobody can read.
    @kept_changes 20
    @tick 5_000

    def on_mount(:default, _params, %{"bmp" => bmp}, socket) do
      socket =
        socket
        |> assign(base: bmp.base, station: bmp.station, socket_path: bmp.socket_path, style?: bmp.style?)
        |> assign(endpoints?: bmp.endpoints?)
        |> assign(
          paused: false,
          missed: 0,
          error: nil,
          refused: false,
          loading: true,
          now: DateTime.utc_now(),
          page_title: nil
        )
        |> put_private(:bmp, %{
          timer: nil,
          running: nil,
          generation: 0,
          again: false,
          took: 0,
          changes: [],
          told: 0,
          streams: %{}
        })
        |> attach_hook(:bmp, :handle_info, &handle_info/2)
        |> attach_hook(:bmp, :handle_event, &handle_event(&1, &2, &3, bmp[:authorize_event]))
        |> attach_hook(:bmp, :handle_async, &handle_async/3)

      if connected?(socket) do
        listen(bmp.station, "bmp:changes")
        Process.send_after(self(), :bmp_tick, @tick)
        ask(bmp.station, fn -> BMP.prepare_search(bmp.station) end)
      end

      case bmp do
        %{layout: layout} -> {:cont, socket, layout: layout}
        _ -> {:cont, socket}
      end
    end

    # Another node's station tells of its changes over its PubSub only.
    defp listen(station, topic) do
      case Instance.value(station, :station) do
        %Config{pubsub: pubsub} when pubsub != nil -> Phoenix.PubSub.subscribe(pubsub, topic)
        _ -> Events.subscribe(topic)
      end
    end

    @doc "Has the page read again also when something is told on another topic. Called when it is mounted."
    def subscribe(%Phoenix.LiveView.Socket{} = socket, topic) do
      if connected?(socket), do: listen(socket.assigns.station, topic)
      socket
    end

    @doc """
    Asks the page's question, a new one: `:now` within this call, or `:later`, when the page is connected, in a task.
    """
    def load(socket, how \\ :now) do
      state = socket.private.bmp
      socket = if state.running, do: cancel_async(socket, :bmp_fetch), else: socket
      socket = update_state(socket, running: nil, generation: state.generation + 1, again: false, streams: %{})

      case how do
        :now ->
          {took, answer} = :timer.tc(fn -> ask(socket.assigns.station, fetch(socket)) end)
          answered(socket, answer, took, false)

        :later ->
          socket = assign(socket, loading: true, error: nil)
          if connected?(socket), do: start(socket, false), else: socket
      end
    end

    defp fetch(socket), do: socket.view.fetch(socket.assigns)

    @doc "What `fun` answers; an error too where there is no station, or it or its store died on the way."
    @spec ask(Config.name(), (... -> answer)) :: answer
    def ask(station, fun) do
      if Instance.value(station, :station), do: fun.(), else: {:error, "No station #{inspect(station)} runs."}
    rescue
      error ->
        Logger.warning("a page could not be read: #{Exception.format(:error, error, __STACKTRACE__)}")
        {:error, error}
    catch
      :exit, reason -> {:error, {:exit, reason}}
    end

    @doc "How many changes the page was told of since it was opened."
    @spec told(Phoenix.LiveView.Socket.t()) :: non_neg_integer
    def told(socket), do: socket.private.bmp.told

    @doc "Rows of what not every store keeps: nil where this one does not."
    @spec kept({:ok, [map], term} | {:ok, [map]} | {:error, term}) :: answer
    def kept({:ok, rows, _cursor}), do: {:ok, rows}
    def kept({:error, :not_kept}), do: {:ok, nil}
    def kept(other), do: other

    @doc "Keeps a stream as `rows` are, which have an `:id` and a `:mark` that changes with what they show."
    def sync(socket, name, rows, fresh?) do
      state = socket.private.bmp
      old = state.streams[name]
      {socket, kept} = if fresh? and old, do: patch(socket, name, rows, old), else: replace(socket, name, rows)
      update_state(socket, streams: Map.put(state.streams, name, kept))
    end

    defp replace(socket, name, rows) do
      rows = Enum.map(rows, &Map.put(&1, :fresh, nil))
      {stream(socket, name, rows, reset: true), Enum.map(rows, &{&1.id, &1.mark, nil})}
    end

    defp patch(socket, name, rows, old) do
      known = Map.new(old, fn {id, mark, fresh} -> {id, {mark, fresh}} end)
      rows = Enum.map(rows, &Map.put(&1, :fresh, freshness(known[&1.id], &1.mark)))
      ids = MapSet.new(rows, & &1.id)
      kept = Enum.map(rows, &{&1.id, &1.mark, &1.fresh})

      if moved?(old, rows, known, ids) do
        {stream(socket, name, rows, reset: true), kept}
      else
        gone = for {id, _, _} <- old, not MapSet.member?(ids, id), do: id
        socket = Enum.reduce(gone, socket, &stream_delete_by_dom_id(&2, name, &1))

        socket =
          rows
          |> Enum.with_index()
          |> Enum.reject(fn {row, _} -> match?({mark, _} when mark == row.mark, known[row.id]) end)
          |> Enum.reduce(socket, fn {row, at}, socket -> stream_insert(socket, name, row, at: at) end)

        {socket, kept}
      end
    end

    # A row flashes when it is new or has changed; two names in turn, or it would flash only once.
    defp freshness(nil, _mark), do: "a"
    defp freshness({mark, fresh}, mark), do: fresh
    defp freshness({_, "a"}, _mark), do: "b"
    defp freshness({_, _}, _mark), do: "a"

    defp moved?(old, rows, known, ids) do
      before = for {id, _, _} <- old, MapSet.member?(ids, id), do: id
      after_ = for %{id: id} <- rows, is_map_key(known, id), do: id
      before != after_
    end

    # Messages --------------------------------------------------------------------------------------------------------

    defp handle_info({:bmp_changes, %{station: station} = changes}, %{assigns: %{station: station}} = socket) do
      if socket.assigns.paused do
        {:halt, assign(socket, missed: socket.assigns.missed + count(changes))}
      else
        state = socket.private.bmp
        kept = Enum.take([changes | state.changes], @kept_changes)
        {:halt, socket |> update_state(changes: kept, told: state.told + count(changes)) |> schedule()}
      end
    end

    defp handle_info({:bmp_changes, _of_another}, socket), do: {:halt, socket}

    defp handle_info({:bmp_insight, station, _line}, %{assigns: %{station: station, paused: false}} = socket),
      do: {:halt, schedule(socket)}

    defp handle_info({:bmp_insight, _station, _line}, socket), do: {:halt, socket}
    defp handle_info(:bmp_refresh, socket), do: {:halt, socket |> update_state(timer: nil) |> refresh()}

    # Times pass also where nothing changes, and what failed is tried again.
    defp handle_info(:bmp_tick, socket) do
      Process.send_after(self(), :bmp_tick, @tick)
      cheap? = socket.private.bmp.took < 50_000
      socket = assign(socket, now: DateTime.utc_now())
      again? = socket.assigns.error != nil or (cheap? and not socket.assigns.paused)
      {:halt, if(again?, do: schedule(socket), else: socket)}
    end

    defp handle_info(_other, socket), do: {:cont, socket}

    # Each event of each page passes here first.
    defp handle_event(event, params, socket, authorize) do
      if allowed?(authorize, socket, event),
        do: handle_event(event, params, assign(socket, refused: false)),
        else: {:halt, assign(socket, refused: true)}
    end

    defp allowed?(nil, _socket, _event), do: true

    defp allowed?({module, function, arguments}, socket, event),
      do: apply(module, function, [socket, event | arguments]) == true

    defp handle_event("bmp_pause", _params, socket) do
      if socket.assigns.paused,
        do: {:halt, socket |> assign(paused: false, missed: 0) |> refresh()},
        else: {:halt, assign(socket, paused: true, missed: 0)}
    end

    defp handle_event(_event, _params, socket), do: {:cont, socket}

    defp handle_async(:bmp_fetch, {:ok, {generation, fresh?, took, answer}}, socket) do
      if generation == socket.private.bmp.generation,
        do: {:halt, socket |> update_state(running: nil) |> answered(answer, took, fresh?)},
        else: {:halt, socket}
    end

    # Another question was asked meanwhile.
    defp handle_async(:bmp_fetch, {:exit, {:shutdown, :cancel}}, socket), do: {:halt, socket}

    defp handle_async(:bmp_fetch, {:exit, reason}, socket),
      do: {:halt, socket |> update_state(running: nil) |> answered({:error, {:exit, reason}}, 0, true)}

    defp handle_async(_name, _result, socket), do: {:cont, socket}

    defp count(%{counts: counts}), do: counts.changes + counts.events

    # Reading again ---------------------------------------------------------------------------------------------------

    defp schedule(%{private: %{bmp: state}} = socket) do
      cond do
        state.running -> update_state(socket, again: true)
        state.timer -> socket
        true -> update_state(socket, timer: Process.send_after(self(), :bmp_refresh, wait(state.took)))
      end
    end

    # A question that takes long gets at most a fifth of the time.
    defp wait(took_us), do: (4 * div(took_us, 1000)) |> max(@shortest_wait) |> min(@longest_wait)

    defp refresh(%{private: %{bmp: %{running: running, changes: changes}}} = socket) do
      socket = update_state(socket, changes: [])

      socket =
        if changes != [] and function_exported?(socket.view, :changed, 2),
          do: socket.view.changed(socket, changes),
          else: socket

      # A first answer that failed is no answer to refresh.
      if running, do: update_state(socket, again: true), else: start(socket, not socket.assigns.loading)
    end

    defp start(socket, fresh?) do
      fun = fetch(socket)
      station = socket.assigns.station
      generation = socket.private.bmp.generation

      socket
      |> update_state(running: generation)
      |> start_async(:bmp_fetch, fn ->
        {took, answer} = :timer.tc(fn -> ask(station, fun) end)
        {generation, fresh?, took, answer}
      end)
    end

    defp answered(socket, answer, took, fresh?) do
      again? = socket.private.bmp.again
      socket = update_state(socket, took: took, again: false)

      socket =
        case answer do
          {:ok, answer} ->
            socket |> assign(error: nil, loading: false, now: DateTime.utc_now()) |> socket.view.show(answer, fresh?)

          {:error, reason} ->
            assign(socket, error: explain(reason))
        end

      if again?, do: schedule(socket), else: socket
    end

    defp update_state(socket, changes), do: put_private(socket, :bmp, Map.merge(socket.private.bmp, Map.new(changes)))

    defp explain(%{__exception__: true} = error), do: Exception.message(error)
    defp explain({:exit, {:noproc, _}}), do: "The station is starting or has stopped."
    defp explain({:exit, {:timeout, _}}), do: "The store did not answer in time."
    defp explain(reason) when is_binary(reason), do: reason
    defp explain(reason), do: inspect(reason, limit: 20, printable_limit: 200)
  end
end
