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
  """
  alias ServiceRadar.BMP.BGP.{Attributes, Fault, RouteGroup}

  defstruct [:attributes, :end_of_rib, groups: [], faults: []]

  @type t :: %__MODULE__{
          attributes: Attributes.t(),
          groups: [RouteGroup.t()],
          end_of_rib: ServiceRadar.BMP.BGP.family() | nil,
          faults: [Fault.t()]
        }
end

defmodule ServiceRadar.BMP.BGP.RouteGroup do
  @moduledoc """
  Routes of one family that one UPDATE announces or withdraws.

  * `:action` - `:announce` or `:withdraw`
  * `:family` - `{afi, safi}`
  * `:next_hop` - of announcements: an address; `{global, link_local}` where IPv6 has both (RFC 2545); a binary where
    the family's form is not known
  * `:nlri` - the routes
  """
  defstruct [:action, :family, :next_hop, nlri: []]

  @type next_hop :: :inet.ip_address() | {:inet.ip6_address(), :inet.ip6_address()} | binary | nil
  @type t :: %__MODULE__{
          action: :announce | :withdraw,
          family: ServiceRadar.BMP.BGP.family(),
          next_hop: next_hop,
          nlri: [ServiceRadar.BMP.BGP.Nlri.t()]
        }
end

defmodule ServiceRadar.BMP.BGP.Nlri do
  @moduledoc """
  One route of a group.

  * `:path_id` - path identifier (RFC 7911), or nil
  * `:prefix` - of IPv4 and IPv6 unicast and multicast
  * `:raw` - of other families: their octets
  """
  defstruct [:path_id, :prefix, :raw]

  @type t :: %__MODULE__{
          path_id: 0..0xFFFFFFFF | nil,
          prefix: ServiceRadar.BMP.Prefix.t() | nil,
          raw: binary | nil
        }
end

defmodule ServiceRadar.BMP.BGP.Fault do
  @moduledoc """
  A fault of an UPDATE and what RFC 7606 does about it: `:attribute_discard`, `:treat_as_withdraw`,
  `:afi_safi_disable` or `:session_reset`. `:attribute` is its type code, nil where the fault is not in one attribute.
  """
  defstruct [:treatment, :attribute, :error, raw: <<>>]

  @type t :: %__MODULE__{
          treatment: :attribute_discard | :treat_as_withdraw | :afi_safi_disable | :session_reset,
          attribute: 0..255 | nil,
          error: ServiceRadar.BMP.DecodeError.t(),
          raw: binary
        }
end

defmodule ServiceRadar.BMP.BGP.Open do
  @moduledoc """
  An OPEN (RFC 4271, section 4.2).

  `:asn` is that of the four-octet AS capability (RFC 6793), where it has one. `:capabilities` in their order:
  `{:multiprotocol, family}`, `:route_refresh`, `:extended_message`, `{:four_octet_as, asn}`,
  `{:add_path, [{family, :receive | :send | :both}]}`, others as `{code, value}`.
  """
  defstruct [:version, :asn, :hold_time, :bgp_id, capabilities: []]

  @type capability ::
          {:multiprotocol, ServiceRadar.BMP.BGP.family()}
          | :route_refresh
          | :extended_message
          | {:four_octet_as, ServiceRadar.BMP.BGP.asn()}
          | {:add_path, [{ServiceRadar.BMP.BGP.family(), :receive | :send | :both | 0..255}]}
          | {0..255, binary}
  @type t :: %__MODULE__{
          version: 0..255,
          asn: ServiceRadar.BMP.BGP.asn(),
          hold_time: 0..65_535,
          bgp_id: :inet.ip4_address(),
          capabilities: [capability]
        }

  @doc "Reads a whole OPEN message, its header included, as `ServiceRadar.BMP.Peer` keeps them."
  @spec decode(binary) :: {:ok, t} | {:error, ServiceRadar.BMP.DecodeError.t()}
  def decode(message), do: ServiceRadar.BMP.Native.decode_open(message)
end

defmodule ServiceRadar.BMP.BGP.Notification do
  @moduledoc """
  A NOTIFICATION (RFC 4271, section 4.5). `:name` is IANA's name of code and subcode where they have one, `:text` what
  an operator said with a shutdown (RFC 9003).
  """
  defstruct [:code, :subcode, :name, :text, data: <<>>]

  @type t :: %__MODULE__{
          code: 0..255,
          subcode: 0..255,
          name: String.t() | nil,
          text: String.t() | nil,
          data: binary
        }
end
