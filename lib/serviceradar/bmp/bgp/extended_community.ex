defmodule ServiceRadar.BMP.BGP.ExtendedCommunity do
  @moduledoc """
  An extended community (RFC 4360): its eight octets, IANA's name of type and subtype in short (`"rt"`, `"soo"`,
  `"color"`, `"encapsulation"`, `"mac-mobility"`, `"router-mac"`, …; nil where they have none), and its text.

      iex> {:ok, community} = ServiceRadar.BMP.BGP.ExtendedCommunity.decode(<<0, 2, 65000::16, 1::32>>)
      iex> {community.name, to_string(community)}
      {"rt", "rt:65000:1"}
      iex> ServiceRadar.BMP.BGP.ExtendedCommunity.decode("seven..")
      :error
  """
  defstruct [:octets, :name, :text]

  @type t :: %__MODULE__{octets: <<_::64>>, name: String.t() | nil, text: String.t()}

  @doc "Reads one from its eight octets."
  @spec decode(binary) :: {:ok, t} | :error
  def decode(octets) when is_binary(octets), do: ServiceRadar.BMP.Native.extended_community(octets)
end
