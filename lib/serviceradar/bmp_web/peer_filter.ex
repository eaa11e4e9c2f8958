defmodule ServiceRadar.BMPWeb.PeerFilter do
  @moduledoc """
  Peers by state and by what is typed.
  """
  alias ServiceRadar.BMPWeb.Format

  @states ~w(trouble up down stale unknown)

  @doc "States that can be asked for; `trouble` is down or stale."
  @spec states :: [String.t()]
  def states, do: @states

  @doc """
  The peers in a state (`""` or nil: in any) that have every word in the address, the AS number, the router's or the table's name.

      iex> peer = %{address: {192, 0, 2, 1}, asn: 65001, router: "edge", table_name: nil, state: :stale}
      iex> ServiceRadar.BMPWeb.PeerFilter.filter([peer], "trouble", "AS65001 edge") == [peer]
      true
      iex> ServiceRadar.BMPWeb.PeerFilter.filter([peer], "up", "")
      []
  """
  @spec filter([map], state :: String.t() | nil, text :: String.t() | nil) :: [map]
  def filter(peers, state, text) do
    words = (text || "") |> String.downcase() |> String.split()
    Enum.filter(peers, &(in_state?(&1, state) and matches?(&1, words)))
  end

  defp in_state?(_peer, none) when none in ["", nil], do: true
  defp in_state?(peer, "trouble"), do: peer.state in [:down, :stale]
  defp in_state?(peer, state), do: Atom.to_string(peer.state) == state

  defp matches?(_peer, []), do: true

  defp matches?(peer, words) do
    said = String.downcase("#{Format.address(peer.address)} as#{peer.asn} #{peer.router} #{peer.table_name}")
    Enum.all?(words, &String.contains?(said, &1))
  end
end
