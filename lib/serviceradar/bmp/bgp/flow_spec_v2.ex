defmodule ServiceRadar.BMP.BGP.FlowSpecV2 do
  @moduledoc """
  Flow specifications with an order that their user gave (draft-ietf-idr-flowspec-v2). IANA has not assigned its SAFIs: until
  then no NLRI is read as one.

  * `:rd` - route distinguisher as text, in a VPN
  * `:rules` - `%{order, identifier, filter}`; the lower order goes first. A filter is `%{type: :ip, components}`, as
    of `ServiceRadar.BMP.BGP.FlowSpec`, or `%{type: :unknown, number, value}`

  As text `order 10 id 1 dst 192.0.2.0/24 proto =6`, rules with `; ` between them.
  """
  defstruct [:rd, :text, rules: []]

  @type filter ::
          %{type: :ip, components: [%{type: String.t(), condition: String.t()}]}
          | %{type: :unknown, number: 0..65_535, value: binary}
  @type t :: %__MODULE__{
          rd: String.t() | nil,
          rules: [%{order: 0..0xFFFFFFFF, identifier: 0..0xFFFFFFFF, filter: filter}],
          text: String.t()
        }
end
