defmodule ServiceRadar.BMP.Tee.Stream do
  @moduledoc false
  # What one further station hears of one session: a process with a connection of its own, which outlives the session by the
  # time that the last octets need.
  #
  #     session ──{:octets, _}, :cut, {:begin, openings}──▶ stream ──TCP──▶ station
  #             ◀──────────────{:tee_ready, stream}─────────
  #
  # As long as nothing was lost it sends what is in its mailbox. After that it leaves out what comes, until it has a connection
  # and the session has told it where to begin.

  require Logger

  alias ServiceRadar.BMP.{Instance, Telemetry}

  @connect 10_000
  @first_wait 200
  @longest_wait 10_000
  # After how long a station that takes nothing at all is given up.
  @stall 30_000
  # How long it has to take the rest when the session is over.
  @drain 5_000

  def child_spec(config) do
    %{
      id: __MODULE__,
      start: {Task.Supervisor, :start_link, [[name: Instance.via(config.name, :tees)]]},
      type: :supervisor
    }
  end

  @doc "A stream of the calling session."
  @spec start!(ServiceRadar.BMP.Config.t(), {charlist, :inet.port_number()}, :atomics.atomics_ref(), map) :: pid
  def start!(config, station, queued, metadata) do
    session = self()

    run = fn ->
      # The tee's supervisor stops after the sessions: what they said last is still sent.
      Process.flag(:trap_exit, true)
      monitor = Process.monitor(session)

      reach(
        %{station: station, queued: queued, session: session, monitor: monitor, metadata: metadata},
        true,
        @first_wait
      )
    end

    {:ok, pid} =
      Task.Supervisor.start_child(Instance.via(config.name, :tees), run, restart: :temporary, shutdown: @drain + 1_000)

    pid
  end

  # Connects, again and again. `whole` says whether nothing was lost so far.
  defp reach(stream, whole, wait) do
    {host, port} = stream.station

    case :gen_tcp.connect(host, port, options(host), @connect) do
      {:ok, socket} ->
        Telemetry.execute(:tee, :connected, %{count: 1}, metadata(stream))
        begin(stream, socket, whole)

      {:error, _not_there} ->
        rest(stream, whole, wait)
    end
  end

  defp options(host) do
    family = if match?({:ok, {_, _, _, _, _, _, _, _}}, :inet.parse_address(host)), do: [:inet6], else: []
    family ++ [:binary, packet: :raw, active: :once, nodelay: true, send_timeout: @stall, send_timeout_close: true]
  end

  defp rest(%{monitor: monitor} = stream, whole, wait) do
    receive do
      :cut -> rest(stream, false, wait)
      {:DOWN, ^monitor, :process, _, _} -> last_attempt(stream, whole)
    after
      wait -> reach(stream, whole, min(2 * wait, @longest_wait))
    end
  end

  # The session is over before its station was ever there.
  defp last_attempt(_stream, false), do: :ok

  defp last_attempt(stream, true) do
    {host, port} = stream.station

    case :gen_tcp.connect(host, port, options(host), @drain) do
      {:ok, socket} -> flush(stream, socket)
      {:error, _} -> :ok
    end
  end

  defp begin(stream, socket, true), do: forward(stream, socket)

  defp begin(stream, socket, false) do
    send(stream.session, {:tee_ready, self()})
    await_begin(stream, socket)
  end

  defp await_begin(%{monitor: monitor} = stream, socket) do
    receive do
      {:begin, openings} ->
        if give(stream, socket, openings), do: forward(stream, socket), else: lost(stream, socket, "error")

      {:DOWN, ^monitor, :process, _, _} ->
        :gen_tcp.close(socket)

      _missed ->
        await_begin(stream, socket)
    end
  end

  defp forward(%{monitor: monitor} = stream, socket) do
    receive do
      {:octets, octets} ->
        if give(stream, socket, octets), do: forward(stream, socket), else: lost(stream, socket, "it takes nothing")

      :cut ->
        lost(stream, socket, "it is too slow")

      {:tcp_closed, ^socket} ->
        lost(stream, socket, "it closed the connection")

      {:tcp_error, ^socket, reason} ->
        lost(stream, socket, "#{:inet.format_error(reason)}")

      # BMP goes one way: what the station sends is ignored.
      {:tcp, ^socket, _octets} ->
        :inet.setopts(socket, active: :once)
        forward(stream, socket)

      {:DOWN, ^monitor, :process, _, _} ->
        close(socket)

      # It belongs to an earlier connection, or this station stops.
      _other ->
        forward(stream, socket)
    end
  end

  defp lost(stream, socket, why) do
    :gen_tcp.close(socket)
    {host, port} = stream.station
    Logger.warning("the tee to #{host}:#{port} is gone: #{why}; it begins anew with the opening messages")
    Telemetry.execute(:tee, :lost, %{count: 1}, Map.put(metadata(stream), :reason, why))
    rest(stream, false, @first_wait)
  end

  # What is left in the mailbox, and nothing after it.
  defp flush(stream, socket) do
    receive do
      {:octets, octets} -> if give(stream, socket, octets), do: flush(stream, socket), else: :gen_tcp.close(socket)
    after
      0 -> close(socket)
    end
  end

  defp close(socket) do
    :gen_tcp.shutdown(socket, :write)
    :gen_tcp.close(socket)
  end

  defp give(stream, socket, octets) do
    case :gen_tcp.send(socket, octets) do
      :ok ->
        :atomics.sub(stream.queued, 1, byte_size(octets))
        Telemetry.execute(:tee, :sent, %{bytes: byte_size(octets)}, metadata(stream))
        true

      {:error, _} ->
        false
    end
  end

  defp metadata(%{station: {host, port}, metadata: metadata}), do: Map.put(metadata, :to, "#{host}:#{port}")
end
