defmodule ServiceRadar.BMP.BGP.SrPolicy do
  @moduledoc """
  A candidate path of an SR policy (RFC 9830, section 2.1): AFI 1 and 2, SAFI 73. As text
  `[distinguisher]:[color]:[endpoint]`. Its segment lists are in the attribute `tunnel_encapsulation`.
  """
  defstruct [:color, :distinguisher, :endpoint, :text]

  @type t :: %__MODULE__{
          distinguisher: 0..0xFFFFFFFF,
          color: 0..0xFFFFFFFF,
          endpoint: :inet.ip_address(),
          text: String.t()
        }
end
