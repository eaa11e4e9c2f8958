defmodule ServiceRadar.BMP.Test.Link do
  @moduledoc """
  The link between routers and a station, for a test: a TCP relay that can be cut, stopped and read.

  It listens on an address and port of its own and relays every connection to one of the stations, in turn, the first that
  takes it. What each connection brought from the router is kept: `recording/1` is the newest one's.
  """
  use GenServer

  @doc "Options: `:ip` to listen on, `:to`, a list of `{ip, port}`, and `:record`, whether octets are kept."
  def start_link(options), do: GenServer.start_link(__MODULE__, options)

  @doc "The port that routers connect to."
  def port(link), do: GenServer.call(link, :port)

  @doc "Closes every connection, and takes none for so many milliseconds."
  def cut(link, milliseconds \\ 0), do: GenServer.call(link, {:cut, milliseconds})

  @doc "The stations from now on."
  def to(link, stations), do: GenServer.call(link, {:to, stations})

  @doc "What the newest connection brought from the router."
  def recording(link), do: GenServer.call(link, :recording, 30_000)

  @impl true
  def init(options) do
    ip = options[:ip] || {127, 0, 0, 1}
    {:ok, listener} = :gen_tcp.listen(0, [:binary, ip: ip, active: false, reuseaddr: true, backlog: 64])
    {:ok, port} = :inet.port(listener)
    link = self()
    spawn_link(fn -> accept(listener, link) end)

    {:ok,
     %{port: port, to: options[:to], record: options[:record], closed_until: now(), relays: MapSet.new(), recording: []}}
  end

  @impl true
  def handle_call(:port, _from, state), do: {:reply, state.port, state}
  def handle_call({:to, stations}, _from, state), do: {:reply, :ok, %{state | to: stations}}

  def handle_call(:recording, _from, state),
    do: {:reply, state.recording |> Enum.reverse() |> IO.iodata_to_binary(), state}

  def handle_call({:cut, milliseconds}, _from, state) do
    for relay <- state.relays, do: Process.exit(relay, :kill)
    {:reply, :ok, %{state | closed_until: now() + milliseconds}}
  end

  @impl true
  def handle_info({:accepted, socket}, state) do
    station = if now() >= state.closed_until, do: connect(Enum.shuffle(state.to))

    case station do
      nil ->
        :gen_tcp.close(socket)
        {:noreply, state}

      station ->
        link = self()
        relay = spawn(fn -> relay(socket, station, link) end)
        Process.monitor(relay)
        :ok = :gen_tcp.controlling_process(socket, relay)
        :ok = :gen_tcp.controlling_process(station, relay)
        send(relay, :go)
        {:noreply, %{state | relays: MapSet.put(state.relays, relay), recording: []}}
    end
  end

  def handle_info({:octets, relay, octets}, state) do
    if state.record && MapSet.member?(state.relays, relay),
      do: {:noreply, %{state | recording: [octets | state.recording]}},
      else: {:noreply, state}
  end

  def handle_info({:DOWN, _, :process, relay, _}, state),
    do: {:noreply, %{state | relays: MapSet.delete(state.relays, relay)}}

  defp connect([]), do: nil

  defp connect([{ip, port} | others]) do
    case :gen_tcp.connect(ip, port, [:binary, active: false, nodelay: true], 1_000) do
      {:ok, socket} -> socket
      {:error, _} -> connect(others)
    end
  end

  defp accept(listener, link) do
    case :gen_tcp.accept(listener) do
      {:ok, socket} ->
        :ok = :gen_tcp.controlling_process(socket, link)
        send(link, {:accepted, socket})
        accept(listener, link)

      {:error, _} ->
        :ok
    end
  end

  # Both ends belong to this process: when it is killed both are closed.
  defp relay(router, station, link) do
    # When the test ends, so does it.
    monitor = Process.monitor(link)

    receive do
      :go -> :ok
      {:DOWN, ^monitor, _, _, _} -> exit(:normal)
    end

    :ok = :inet.setopts(station, active: true)
    :ok = :inet.setopts(router, active: :once)
    carry(router, station, link)
  end

  defp carry(router, station, link) do
    receive do
      {:tcp, ^router, octets} ->
        send(link, {:octets, self(), octets})

        # The station's pace is the router's.
        with :ok <- :gen_tcp.send(station, octets), :ok <- :inet.setopts(router, active: :once) do
          carry(router, station, link)
        end

      {:tcp, ^station, octets} ->
        :gen_tcp.send(router, octets)
        carry(router, station, link)

      # Closed by either end, or the test is over.
      _other ->
        :ok
    end

    :gen_tcp.close(router)
    :gen_tcp.close(station)
  end

  defp now, do: System.monotonic_time(:millisecond)
end
