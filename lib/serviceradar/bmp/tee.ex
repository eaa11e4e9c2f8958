defmodule ServiceRadar.BMP.Tee do
  @moduledoc false
  # Forwards a router's octets, unchanged, to further stations. This is the session's side of it.
  #
  # Every station has a process of its own (`Tee.Stream`) with a bounded mailbox, and never slows the session: one that is
  # too slow is cut, and what it misses is counted. When it is there again it first hears the opening messages of the session
  # (Initiation, and the Peer Up of every peer that is up), so that it understands what follows.

  alias ServiceRadar.BMP.{Config, Telemetry}
  alias ServiceRadar.BMP.Tee.{Openings, Stream}

  @enforce_keys [:openings, :most, :metadata]
  defstruct [:openings, :most, :metadata, streams: %{}]

  # Of a stream: octets on their way to it, and whether it gets what comes.
  @type t :: %__MODULE__{
          openings: Openings.t(),
          most: pos_integer,
          metadata: map,
          streams: %{pid => {:atomics.atomics_ref(), live :: boolean}}
        }

  @doc "Of the calling session; `nil` where there is no station to forward to."
  @spec start(Config.t(), map) :: t | nil
  def start(%Config{tee: %{to: []}}, _metadata), do: nil

  def start(%Config{tee: %{to: stations, buffer_bytes: most}} = config, metadata) do
    streams =
      for {host, port} <- stations, into: %{} do
        queued = :atomics.new(1, [])
        {Stream.start!(config, {host, port}, queued, metadata), {queued, true}}
      end

    %__MODULE__{openings: Openings.new(config.session.max_peers), most: most, metadata: metadata, streams: streams}
  end

  @doc "Forwards what has just been read, in any split."
  @spec push(t | nil, binary) :: t | nil
  def push(nil, _octets), do: nil

  def push(%__MODULE__{} = tee, octets) do
    case Openings.take(tee.openings, octets) do
      {"", openings} -> %{tee | openings: openings}
      {whole, openings} -> %{tee | openings: openings, streams: Map.new(tee.streams, &give(&1, whole, tee))}
    end
  end

  defp give({stream, {queued, true}}, octets, tee) do
    size = byte_size(octets)

    if :atomics.add_get(queued, 1, size) > tee.most do
      send(stream, :cut)
      dropped(tee, size)
      {stream, {queued, false}}
    else
      send(stream, {:octets, octets})
      {stream, {queued, true}}
    end
  end

  defp give(cut, octets, tee) do
    dropped(tee, byte_size(octets))
    cut
  end

  defp dropped(tee, bytes), do: Telemetry.execute(:tee, :dropped, %{bytes: bytes}, tee.metadata)

  @doc "A stream has reached its station after something was lost: it begins with the opening messages."
  @spec begin(t, pid) :: t
  def begin(%__MODULE__{streams: streams} = tee, stream) do
    {queued, _} = Map.fetch!(streams, stream)
    openings = Openings.all(tee.openings)
    :atomics.put(queued, 1, byte_size(openings))
    send(stream, {:begin, openings})
    %{tee | streams: %{streams | stream => {queued, true}}}
  end
end
