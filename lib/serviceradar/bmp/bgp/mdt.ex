defmodule ServiceRadar.BMP.BGP.Mdt do
  @moduledoc """
  A provider edge router in a multicast distribution tree of a VPN with PIM (RFC 6037): AFI 1, SAFI 66.

  `:rd` is text, `:pe` the router's address, `:group` the tree's group in the provider's network. As text `rd:pe:group`.
  """
  defstruct [:group, :pe, :rd, :text]

  @type t :: %__MODULE__{
          rd: String.t(),
          pe: :inet.ip4_address(),
          group: :inet.ip4_address(),
          text: String.t()
        }
end
