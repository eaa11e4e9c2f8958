defmodule ServiceRadar.BMP.BGP.Evpn do
  @moduledoc """
  An EVPN route (RFC 7432, RFC 9136, RFC 9251, RFC 9572): AFI 25, SAFI 70. Fields that a route type has not are nil.

  | type | `:route_type` | fields |
  |---|---|---|
  | 1 | `:ethernet_auto_discovery` | `rd esi ethernet_tag label` |
  | 2 | `:mac_ip_advertisement` | `rd esi ethernet_tag mac ip label_1 label_2` |
  | 3 | `:inclusive_multicast_ethernet_tag` | `rd ethernet_tag originator` |
  | 4 | `:ethernet_segment` | `rd esi originator` |
  | 5 | `:ip_prefix` | `rd esi ethernet_tag prefix gateway label` |
  | 6 | `:selective_multicast_ethernet_tag` | `rd ethernet_tag group flags` |
  | 7 | `:multicast_membership_report_synch` | `rd esi ethernet_tag group flags` |
  | 8 | `:multicast_leave_synch` | `rd esi ethernet_tag group reserved max_response_time flags` |
  | 9 | `:per_region_i_pmsi` | `rd ethernet_tag region` |
  | 10 | `:s_pmsi` | `rd ethernet_tag group` |
  | 11 | `:leaf_ad` | `route_key originator` |
  | other | `:unknown` | `number value` |

  `:rd`, `:esi` (ten octets with colons), `:mac` and `:region` (an extended community) are text; a label is
  `%{mpls: 20 bits, vni: 24 bits}`, as only the encapsulation says which it is; a group is
  `%{source: address | nil, group: address | nil, originator: address}`, nil being any; `:route_key` and `:value` are
  octets.

  As text a route is its type and the fields of its key, as routers print it:

      [2]:[65000:1]:[0]:[48]:[00:00:5e:00:53:01]:[32]:[192.0.2.1]
  """
  @fields ~w(esi ethernet_tag flags gateway group ip label label_1 label_2 mac max_response_time number originator prefix rd region reserved route_key text value)a
  @derive {Inspect, optional: @fields}
  defstruct @fields ++ [route_type: :unknown]

  @type route_type ::
          :ethernet_auto_discovery
          | :mac_ip_advertisement
          | :inclusive_multicast_ethernet_tag
          | :ethernet_segment
          | :ip_prefix
          | :selective_multicast_ethernet_tag
          | :multicast_membership_report_synch
          | :multicast_leave_synch
          | :per_region_i_pmsi
          | :s_pmsi
          | :leaf_ad
          | :unknown
  @type label :: %{mpls: 0..0xFFFFF, vni: 0..0xFFFFFF}
  @type group :: %{
          source: :inet.ip_address() | nil,
          group: :inet.ip_address() | nil,
          originator: :inet.ip_address()
        }
  @type t :: %__MODULE__{
          route_type: route_type,
          rd: String.t() | nil,
          esi: String.t() | nil,
          ethernet_tag: 0..0xFFFFFFFF | nil,
          mac: String.t() | nil,
          ip: :inet.ip_address() | nil,
          label: label | nil,
          label_1: label | nil,
          label_2: label | nil,
          originator: :inet.ip_address() | nil,
          prefix: ServiceRadar.BMP.Prefix.t() | nil,
          gateway: :inet.ip_address() | nil,
          group: group | nil,
          flags: byte | nil,
          reserved: 0..0xFFFFFFFF | nil,
          max_response_time: byte | nil,
          region: String.t() | nil,
          route_key: binary | nil,
          number: byte | nil,
          value: binary | nil,
          text: String.t()
        }
end
