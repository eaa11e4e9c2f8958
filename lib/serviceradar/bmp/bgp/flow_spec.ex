defmodule ServiceRadar.BMP.BGP.FlowSpec do
  @moduledoc """
  A flow specification (RFC 8955; RFC 8956 for IPv6): AFI 1 and 2, SAFI 133, and 134 in a VPN. It is of the packets that
  match every component.

  * `:rd` - route distinguisher as text, of SAFI 134
  * `:components` - `%{type: type, condition: condition}` in their order, both text; types are `dst`, `src`, `proto`,
    `port`, `dport`, `sport`, `icmp-type`, `icmp-code`, `tcp-flags`, `length`, `dscp`, `fragment`, `flow-label`

  As text `dst 192.0.2.0/24 proto =6 dport >=80&<=443`, with `rd 65000:1` in front where there is one.
  """
  defstruct [:rd, :text, components: []]

  @type t :: %__MODULE__{
          rd: String.t() | nil,
          components: [%{type: String.t(), condition: String.t()}],
          text: String.t()
        }
end
