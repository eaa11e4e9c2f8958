defmodule ServiceRadar.BMP.BGP.ExtendedCommunity do
  @moduledoc """
  An extended community (RFC 4360): its eight octets, IANA's name of type and subtype in short (`"rt"`, `"soo"`,
  `"color"`, `"encapsulation"`, `"mac-mobility"`, `"router-mac"`, …; nil where they have none), and its text.
  """
  defstruct [:octets, :name, :text]

  @type t :: %__MODULE__{octets: <<_::64>>, name: String.t() | nil, text: String.t()}
end
