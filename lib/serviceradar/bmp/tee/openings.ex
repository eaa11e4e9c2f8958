defmodule ServiceRadar.BMP.Tee.Openings do
  @moduledoc false
  # A session's messages, whole, and those that somebody who comes later has to hear first.

  alias ServiceRadar.BMP.Registry

  # RFC 7854, section 4.1: what every message begins with.
  @common 6
  @peer_down Registry.bmp_message(:peer_down)
  @peer_up Registry.bmp_message(:peer_up)
  @initiation Registry.bmp_message(:initiation)
  # Initiations, and Peer Ups of one peer that follow each other without a Peer Down: each may say something more.
  @most 8

  @enforce_keys [:max_peers]
  defstruct [:max_peers, partial: "", initiations: [], ups: %{}]

  @type t :: %__MODULE__{max_peers: pos_integer, partial: binary, initiations: [binary], ups: %{tuple => [binary]}}

  @spec new(pos_integer) :: t
  def new(max_peers), do: %__MODULE__{max_peers: max_peers}

  @doc """
  Takes octets in any split; gives the messages that are complete with them, back to back.

      iex> alias ServiceRadar.BMP.Tee.Openings
      iex> {"", openings} = Openings.take(Openings.new(10), <<3, 0, 0>>)
      iex> {whole, openings} = Openings.take(openings, <<0, 6, 4, 3, 0>>)
      iex> {whole, Openings.all(openings)}
      {<<3, 0, 0, 0, 6, 4>>, <<3, 0, 0, 0, 6, 4>>}
  """
  @spec take(t, binary) :: {binary, t}
  def take(%__MODULE__{partial: partial} = openings, octets) do
    all = partial <> octets
    {size, openings} = walk(all, 0, openings)
    <<whole::binary-size(size), rest::binary>> = all
    {whole, %{openings | partial: :binary.copy(rest)}}
  end

  # An impossible length is left to whoever reads it: the session ends.
  defp walk(all, at, openings) do
    case all do
      <<_::binary-size(at), _version, length::32, type, _::binary>>
      when length >= @common and at + length <= byte_size(all) ->
        walk(all, at + length, look_at(openings, type, binary_part(all, at, length)))

      _ ->
        {at, openings}
    end
  end

  defp look_at(openings, @initiation, message) when length(openings.initiations) < @most,
    do: %{openings | initiations: openings.initiations ++ [:binary.copy(message)]}

  defp look_at(openings, @peer_up, message) do
    case peer(message) do
      nil ->
        openings

      peer when is_map_key(openings.ups, peer) or map_size(openings.ups) < openings.max_peers ->
        ups = Map.get(openings.ups, peer, []) ++ [:binary.copy(message)]
        %{openings | ups: Map.put(openings.ups, peer, Enum.take(ups, -@most))}

      _one_too_many ->
        openings
    end
  end

  defp look_at(openings, @peer_down, message), do: %{openings | ups: Map.delete(openings.ups, peer(message))}
  defp look_at(openings, _type, _message), do: openings

  # Of the per-peer header: type, distinguisher and address, BGP ID.
  defp peer(
         <<_::binary-size(@common), type, _flags, address::binary-size(24), _asn::32, bgp_id::32, _::64, _::binary>>
       ),
       do: {type, :binary.copy(address), bgp_id}

  defp peer(_message), do: nil

  @doc "All of them, back to back."
  @spec all(t) :: binary
  def all(%__MODULE__{} = openings) do
    ups = openings.ups |> Enum.sort() |> Enum.map(&elem(&1, 1))
    IO.iodata_to_binary([openings.initiations | ups])
  end
end
