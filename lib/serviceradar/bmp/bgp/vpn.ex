defmodule ServiceRadar.BMP.BGP.Vpn do
  @moduledoc """
  A prefix of a VPN (RFC 4364, RFC 4659): AFI 1 and 2, SAFI 128, and 129 for multicast (RFC 6514), which has no labels.
  As text `65000:1:10.0.0.0/24`.

  * `:rd` - route distinguisher as text: `"65000:1"`, `"192.0.2.1:1"`, `"4200000000:1"`
  * `:prefix`
  * `:labels` - MPLS labels, top first
  """
  defstruct [:rd, :prefix, :text, labels: []]

  @type t :: %__MODULE__{
          rd: String.t(),
          prefix: ServiceRadar.BMP.Prefix.t(),
          labels: [0..0xFFFFF],
          text: String.t()
        }
end
