defmodule ServiceRadar.BMP.BGP do
  @moduledoc "What the BGP messages inside BMP are made into; see `ServiceRadar.BMP.BGP.Update`."

  @typedoc "Address family number and subsequent address family identifier; `{1, 1}` is IPv4 unicast, `{2, 1}` IPv6 unicast."
  @type family :: {afi :: 0..65_535, safi :: 0..255}

  @type asn :: 0..0xFFFFFFFF
end

defmodule ServiceRadar.BMP.BGP.Update do
  @moduledoc """
  An UPDATE (RFC 4271, section 4.3), with the multiprotocol attributes (RFC 4760) in the form of route groups.

  * `:attributes` - what all announced routes share
  * `:groups` - announced and withdrawn routes, in the order of the message
  * `:end_of_rib` - the family whose End-of-RIB marker this is (RFC 4724), or nil
  * `:faults` - what RFC 7606 found wrong; the groups are already as its treatment leaves them
  * `:two_octet_as` - whether AS numbers of AS_PATH have two octets on the wire
  * `:add_path_inferred` - families whose NLRI have path identifiers, or have none, other than it was negotiated
  * `:as_width_mismatch` - whether AS_PATH reads in another width than the A flag of the per-peer header says
  """
  alias ServiceRadar.BMP.BGP.{Attributes, Fault, RouteGroup}

  defstruct [
    :attributes,
    :end_of_rib,
    groups: [],
    faults: [],
    add_path_inferred: [],
    two_octet_as: false,
    as_width_mismatch: false
  ]

  @type t :: %__MODULE__{
          attributes: Attributes.t(),
          groups: [RouteGroup.t()],
          end_of_rib: ServiceRadar.BMP.BGP.family() | nil,
          faults: [Fault.t()],
          add_path_inferred: [ServiceRadar.BMP.BGP.family()],
          two_octet_as: boolean,
          as_width_mismatch: boolean
        }
end

defmodule ServiceRadar.BMP.BGP.RouteGroup do
  @moduledoc """
  Routes of one family that one UPDATE announces or withdraws.

  * `:action` - `:announce` or `:withdraw`
  * `:family` - `{afi, safi}`
  * `:next_hop` - of announcements: an address; `{global, link_local}` where IPv6 has both (RFC 2545); a binary where
    the family's form is not known
  * `:next_hop_rd` - route distinguisher of a VPN's next hop (RFC 4364, section 4.3.2) as text, nearly always `"0:0"`; a
    pair where a link-local next hop has its own
  * `:nlri` - the routes
  """
  defstruct [:action, :family, :next_hop, :next_hop_rd, nlri: []]

  @type next_hop :: :inet.ip_address() | {:inet.ip6_address(), :inet.ip6_address()} | binary | nil
  @type t :: %__MODULE__{
          action: :announce | :withdraw,
          family: ServiceRadar.BMP.BGP.family(),
          next_hop: next_hop,
          next_hop_rd: String.t() | {String.t(), String.t()} | nil,
          nlri: [ServiceRadar.BMP.BGP.Nlri.t()]
        }
end

defmodule ServiceRadar.BMP.BGP.Nlri do
  families =
    for {{afi, safi}, _name, label, value} when value != nil <- ServiceRadar.BMP.Registry.families() do
      "| #{afi}, #{safi} | #{label} | `ServiceRadar.BMP.BGP.#{value}` |"
    end

  @moduledoc """
  One route of a group.

  * `:path_id` - path identifier (RFC 7911), or nil
  * `:prefix` - the address prefix, where the NLRI has one; of IPv4 and IPv6 unicast and multicast it is all there is, and
    `:value` and `:raw` are nil
  * `:value` - of other families, the struct of the family; nil where the family has no reading
  * `:raw` - of other families, the octets

  | AFI, SAFI | family | struct |
  |---|---|---|
  #{Enum.join(families, "\n")}
  | none yet | FlowSpec version 2 | `ServiceRadar.BMP.BGP.FlowSpecV2` |

  As text it is what network people write for the family; octets without a reading are hexadecimal digits.

      iex> to_string(%ServiceRadar.BMP.BGP.Nlri{prefix: ServiceRadar.BMP.Prefix.new!("192.0.2.0/24")})
      "192.0.2.0/24"
      iex> to_string(%ServiceRadar.BMP.BGP.Nlri{raw: <<1, 255>>})
      "01ff"
  """
  alias ServiceRadar.BMP.BGP

  defstruct [:path_id, :prefix, :value, :raw]

  # Of every family with a struct of its own.
  @type value ::
          unquote(
            for name <- [:FlowSpecV2 | ServiceRadar.BMP.Registry.nlri_structs()], reduce: nil do
              nil -> quote(do: unquote(Module.concat(BGP, name)).t())
              types -> quote(do: unquote(Module.concat(BGP, name)).t() | unquote(types))
            end
          )
  @type t :: %__MODULE__{
          path_id: 0..0xFFFFFFFF | nil,
          prefix: ServiceRadar.BMP.Prefix.t() | nil,
          value: value | nil,
          raw: binary | nil
        }

  defimpl String.Chars do
    def to_string(%{value: nil, prefix: nil, raw: raw}), do: Base.encode16(raw || "", case: :lower)
    def to_string(%{value: nil, prefix: prefix}), do: Kernel.to_string(prefix)
    def to_string(%{value: value}), do: Kernel.to_string(value)
  end
end

defmodule ServiceRadar.BMP.BGP.Fault do
  @moduledoc """
  A fault of an UPDATE and what RFC 7606 does about it: `:attribute_discard`, `:treat_as_withdraw`,
  `:afi_safi_disable` or `:session_reset`; or `:kept`, where it stays as it came (AS 0, RFC 7607). `:attribute` is its type code, nil where the fault is not in one attribute;
  `:family` is what `:afi_safi_disable` disables.
  """
  defstruct [:treatment, :attribute, :family, :error, raw: <<>>]

  @type t :: %__MODULE__{
          treatment: :kept | :attribute_discard | :treat_as_withdraw | :afi_safi_disable | :session_reset,
          attribute: 0..255 | nil,
          family: ServiceRadar.BMP.BGP.family() | nil,
          error: ServiceRadar.BMP.DecodeError.t(),
          raw: binary
        }
end

defmodule ServiceRadar.BMP.BGP.Open do
  @moduledoc """
  An OPEN (RFC 4271, section 4.2).

  `:asn` is that of the four-octet AS capability (RFC 6793) where there is one, else `:my_as`, the field of two octets.

  `:capabilities` in their order, an atom where the capability has no value:

  | code | capability | RFC |
  |---|---|---|
  | 1 | `{:multiprotocol, family}` | 4760 |
  | 2, 128 | `:route_refresh`, `:old_route_refresh` | 2918, 8810 |
  | 3 | `{:outbound_route_filtering, [%{family, types}]}` | 5291 |
  | 5 | `{:extended_next_hop, [%{afi, safi, next_hop_afi}]}` | 8950 |
  | 6 | `:extended_message` | 8654 |
  | 7 | `{:bgpsec, %{flags, afi}}` | 8205 |
  | 8 | `{:multiple_labels, [%{family, count}]}` | 8277 |
  | 9 | `{:role, 0 provider, 1 route server, 2 its client, 3 customer, 4 peer}` | 9234 |
  | 64 | `{:graceful_restart, %{flags, restart_time, families: [%{family, flags}]}}`, seconds | 4724, 8538 |
  | 65 | `{:four_octet_as, asn}` | 6793 |
  | 67 | `{:dynamic_capability, octets}` | draft |
  | 68 | `{:multisession, %{flags, capabilities}}` | draft |
  | 69 | `{:add_path, [{family, :receive \| :send \| :both}]}` | 7911 |
  | 70 | `:enhanced_route_refresh` | 7313 |
  | 71 | `{:long_lived_graceful_restart, [%{family, flags, stale_time}]}`, seconds | 9494 |
  | 72 | `{:routing_policy_distribution, octets}` | draft |
  | 73 | `{:fqdn, %{host, domain}}` | draft |
  | 74 | `:bfd_strict_mode` | draft |
  | 75 | `{:software_version, text}` | draft |
  | 76 | `{:paths_limit, [%{family, limit}]}` | draft |
  | 77 | `:link_local_next_hop` | draft |
  | 130 | `{:old_outbound_route_filtering, [%{family, types}]}` | 8810 |
  | 131 | `{:old_multisession, %{flags, capabilities}}` | 8810 |
  | 184 | `{:old_fqdn, %{host, domain}}` | 8810 |
  | other, or not of its form | `{code, octets}` | 5492 |

  `:parameters` are the optional parameters that they came in: a list of capabilities, or `{type, octets}` of another
  type. `:extended` says that lengths have two octets (RFC 9072).
  """
  defstruct [:version, :asn, :my_as, :hold_time, :bgp_id, capabilities: [], parameters: [], extended: false]

  @type capability :: atom | {atom, term} | {0..255, binary}
  @type t :: %__MODULE__{
          version: 0..255,
          asn: ServiceRadar.BMP.BGP.asn(),
          my_as: 0..65_535,
          hold_time: 0..65_535,
          bgp_id: :inet.ip4_address(),
          capabilities: [capability],
          parameters: [[capability] | {0..255, binary}],
          extended: boolean
        }
end

defmodule ServiceRadar.BMP.BGP.Notification do
  @moduledoc """
  A NOTIFICATION (RFC 4271, section 4.5).

  * `:code`, `:subcode`, `:data`
  * `:name` - IANA's name of code and subcode where they have one, e.g. `"Cease/Administrative Shutdown"`
  * `:text` - what an operator said with a shutdown or reset (RFC 9003)
  * `:hard_reset` - `{code, subcode, name}` of what a Hard Reset carries (RFC 8538, section 3.1)
  * `:prefix_limit` - `{family, limit}` of Maximum Number of Prefixes Reached (RFC 4486, section 4)

      iex> to_string(%ServiceRadar.BMP.BGP.Notification{code: 6, subcode: 2, name: "Cease/Administrative Shutdown", text: "work"})
      "Cease/Administrative Shutdown: work"
      iex> to_string(%ServiceRadar.BMP.BGP.Notification{code: 77, subcode: 1})
      "77/1"
  """
  defstruct [:code, :subcode, :name, :text, :hard_reset, :prefix_limit, data: <<>>]

  @type t :: %__MODULE__{
          code: 0..255,
          subcode: 0..255,
          name: String.t() | nil,
          text: String.t() | nil,
          hard_reset: {0..255, 0..255, String.t() | nil} | nil,
          prefix_limit: {ServiceRadar.BMP.BGP.family(), 0..0xFFFFFFFF} | nil,
          data: binary
        }

  defimpl String.Chars do
    def to_string(%{code: code, subcode: subcode, name: name, text: text}) do
      name = name || "#{code}/#{subcode}"
      if text in [nil, ""], do: name, else: "#{name}: #{text}"
    end
  end
end
