defmodule ServiceRadar.BMP.BGP.McastVpn do
  @moduledoc """
  A MCAST-VPN route (RFC 6514, section 4): AFI 1 and 2, SAFI 5. Fields that a route type has not are nil.

  | type | `:route_type` | fields |
  |---|---|---|
  | 1 | `:intra_as_i_pmsi` | `rd originator` |
  | 2 | `:inter_as_i_pmsi` | `rd source_as` |
  | 3 | `:s_pmsi` | `rd source group originator` |
  | 4 | `:leaf_ad` | `route_key originator` |
  | 5 | `:source_active` | `rd source group` |
  | 6 | `:shared_tree_join` | `rd source_as source group` |
  | 7 | `:source_tree_join` | `rd source_as source group` |
  | other | `:unknown` | `number value` |

  `:source` and `:group` are addresses, nil where they are wildcards (RFC 6625); `:rd` is text; `:route_key` and
  `:value` are octets.
  """
  @fields ~w(group number originator rd route_key source source_as text value)a
  @derive {Inspect, optional: @fields}
  defstruct @fields ++ [route_type: :unknown]

  @type t :: %__MODULE__{
          route_type:
            :intra_as_i_pmsi
            | :inter_as_i_pmsi
            | :s_pmsi
            | :leaf_ad
            | :source_active
            | :shared_tree_join
            | :source_tree_join
            | :unknown,
          rd: String.t() | nil,
          source_as: ServiceRadar.BMP.BGP.asn() | nil,
          source: :inet.ip_address() | nil,
          group: :inet.ip_address() | nil,
          originator: :inet.ip_address() | nil,
          route_key: binary | nil,
          number: byte | nil,
          value: binary | nil,
          text: String.t()
        }
end
