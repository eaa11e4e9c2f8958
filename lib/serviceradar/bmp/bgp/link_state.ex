defmodule ServiceRadar.BMP.BGP.LinkState do
  @moduledoc """
  A node, link, prefix, policy or segment of a topology (RFC 9552, RFC 9514, RFC 9857): AFI 16388, SAFI 71, and 72 in a
  VPN. What it is like is in the attribute `bgp_ls`.

  * `:nlri_type`, `:name` - 1 `:node`, 2 `:link`, 3 `:ipv4_prefix`, 4 `:ipv6_prefix`, 5 `:sr_policy_candidate_path`,
    6 `:srv6_sid`; others have no name, and their octets as `:value`
  * `:rd` - route distinguisher as text, of SAFI 72
  * `:protocol`, `:protocol_name` - IANA "BGP-LS Protocol-IDs", e.g. 2 and `"isis_level_2"`
  * `:identifier` - of the instance of the protocol (RFC 9552, section 5.2)
  * `:descriptors` - what tells it from others: `ServiceRadar.BMP.BGP.Tlv`s

  As text its name, protocol, identifier and descriptors in brackets.
  """
  @fields ~w(identifier name nlri_type protocol protocol_name rd text value)a
  @derive {Inspect, optional: @fields}
  defstruct @fields ++ [descriptors: []]

  @type t :: %__MODULE__{
          nlri_type: 0..65_535,
          name: :node | :link | :ipv4_prefix | :ipv6_prefix | :sr_policy_candidate_path | :srv6_sid | nil,
          rd: String.t() | nil,
          protocol: byte | nil,
          protocol_name: String.t() | nil,
          identifier: non_neg_integer | nil,
          descriptors: [ServiceRadar.BMP.BGP.Tlv.t()],
          value: binary | nil,
          text: String.t()
        }
end
