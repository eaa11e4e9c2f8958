defmodule ServiceRadar.BMP.Feed.Relay do
  @moduledoc false
  # A stream of the feed for a reader on another node. It runs where the feed is, and gives octets when it is asked: a reader that is
  # slow is not sent more than it takes.
  use GenServer

  alias ServiceRadar.BMP.Feed

  @timeout 10_000

  @doc "One on `node` for the calling process."
  @spec start(node, ServiceRadar.BMP.Config.name()) :: {:ok, pid} | {:error, term}
  def start(node, station) do
    :erpc.call(node, GenServer, :start, [__MODULE__, {station, self()}], @timeout)
  rescue
    # The node is gone, or has another version of this.
    error in ErlangError -> {:error, Exception.message(error)}
  end

  @spec next(pid) :: {:ok, binary | nil} | {:error, String.t()}
  def next(relay) do
    GenServer.call(relay, :next, @timeout)
  catch
    :exit, _reason -> {:error, "the node that has the feed is gone"}
  end

  @impl GenServer
  def init({station, reader}) do
    Process.monitor(reader)

    case Feed.watch_here(station) do
      {:ok, stream} -> {:ok, %{stream: stream, reader: reader}}
      {:error, reason} -> {:stop, reason}
    end
  end

  @impl GenServer
  def handle_call(:next, _from, state), do: {:reply, Feed.next(state.stream), state}

  @impl GenServer
  def handle_info({:DOWN, _monitor, :process, _reader, _reason}, state), do: {:stop, :normal, state}

  def handle_info({Feed, :begin_anew} = message, state) do
    send(state.reader, message)
    {:stop, :normal, state}
  end
end
