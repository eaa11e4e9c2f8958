defmodule ServiceRadar.BMP.BGP.Attribute do
  @moduledoc """
  A path attribute that has no field of its own in `ServiceRadar.BMP.BGP.Attributes`.

  * `:code`, `:name` - IANA's number and name in lower case; the name is nil where the code is not assigned
  * `:flags` - the octet of flags (RFC 4271, section 4.3)
  * `:value` - by the code:

  | code | name | value | RFC |
  |---|---|---|---|
  | 17 | `as4_path` | segments, as `:as_path` | 6793 |
  | 18 | `as4_aggregator` | `%{asn, address}` | 6793 |
  | 22 | `pmsi_tunnel` | `%{flags, tunnel_type, label, tunnel_identifier}` | 6514 |
  | 23 | `tunnel_encapsulation` | TLVs, a tunnel each | 9012, 9830 |
  | 24 | `traffic_engineering` | map | 5543 |
  | 25 | `ipv6_extended_communities` | list of text | 5701 |
  | 26 | `aigp` | `%{metric}` | 7311 |
  | 29 | `bgp_ls` | TLVs | 9552 |
  | 33 | `bgpsec_path` | map | 8205 |
  | 36 | `d_path` | list of lists of domains | 10039 |
  | 37 | `sfp` | TLVs | 9015 |
  | 38 | `bfd_discriminator` | map | 9026 |
  | 39 | `next_hop_capabilities` | map | draft-ietf-idr-next-hop-capability |
  | 40 | `prefix_sid` | TLVs | 8669, 9252 |
  | 41 | `bier` | TLVs | 9793 |
  | 42 | `edge_metadata` | TLVs | draft-ietf-idr-5g-edge-service-metadata |
  | 128 | `attr_set` | `%{origin_as, attributes}` | 6368 |

  TLVs are `ServiceRadar.BMP.BGP.Tlv`. Of every other code, and where the value does not have its form, it is the
  octets. An AS_PATH or AGGREGATOR that is here is the one that came, before its AS4 form was merged into the field
  (RFC 6793); an MP_REACH_NLRI is one whose routes RFC 7606 made withdrawals.
  """
  defstruct [:code, :name, :flags, :value]

  @type t :: %__MODULE__{code: byte, name: String.t() | nil, flags: byte, value: term}
end
