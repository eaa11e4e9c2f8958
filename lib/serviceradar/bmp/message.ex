defmodule ServiceRadar.BMP.Message do
  @moduledoc """
  What `ServiceRadar.BMP.decode/1` makes of BMP messages: a struct for each type of RFC 7854, section 4.1.

  | type | struct |
  |---|---|
  | 0 | `ServiceRadar.BMP.RouteMonitoring` |
  | 1 | `ServiceRadar.BMP.StatisticsReport` |
  | 2 | `ServiceRadar.BMP.PeerDown` |
  | 3 | `ServiceRadar.BMP.PeerUp` |
  | 4 | `ServiceRadar.BMP.Initiation` |
  | 5 | `ServiceRadar.BMP.Termination` |
  | 6 | `ServiceRadar.BMP.RouteMirroring` |
  | other | `ServiceRadar.BMP.UnknownMessage` |
  | not readable | `ServiceRadar.BMP.Undecodable` |

  Each has an `:offset`, that of its first octet in all that was given to the decoder, and a `:version`: 3, or 4 for
  draft-ietf-grow-bmp-tlv. Addresses are `:inet` tuples,
  prefixes are `ServiceRadar.BMP.Prefix`, times are microseconds since the Unix epoch.
  """

  alias ServiceRadar.BMP

  @type t ::
          BMP.RouteMonitoring.t()
          | BMP.StatisticsReport.t()
          | BMP.PeerDown.t()
          | BMP.PeerUp.t()
          | BMP.Initiation.t()
          | BMP.Termination.t()
          | BMP.RouteMirroring.t()
          | BMP.UnknownMessage.t()
          | BMP.Undecodable.t()

  @typedoc "A Type-Length-Value as it was; of Route Monitoring in version 4 with the index that says of which NLRI it is."
  @type tlv :: {type :: 0..65_535, value :: binary} | {type :: 0..65_535, index :: 0..65_535, value :: binary}
end

defmodule ServiceRadar.BMP.PeerHeader do
  @moduledoc """
  The per-peer header (RFC 7854, section 4.2; RFC 8671; RFC 9069): who a message is about, and in which table.

  * `:type` - `:global`, `:rd`, `:local`, `:loc_rib`, or the number of another type
  * `:flags` - the octet of flags
  * `:view` - the RIB view that the flags and the type give; nil where the type is not known
  * `:filtered` - F flag: this Loc-RIB is a part of the router's
  * `:distinguisher` - the peer distinguisher as a number
  * `:address` - 0.0.0.0 for Loc-RIB
  * `:asn`, `:bgp_id`
  * `:time` - router's time in microseconds since the Unix epoch, nil where it gave none
  """
  defstruct [:type, :flags, :view, :filtered, :distinguisher, :address, :asn, :bgp_id, :time]

  @type t :: %__MODULE__{
          type: :global | :rd | :local | :loc_rib | 0..255,
          flags: 0..255,
          view: ServiceRadar.BMP.Query.view() | nil,
          filtered: boolean,
          distinguisher: 0..0xFFFFFFFFFFFFFFFF,
          address: :inet.ip_address(),
          asn: 0..0xFFFFFFFF,
          bgp_id: :inet.ip4_address(),
          time: integer | nil
        }
end

defmodule ServiceRadar.BMP.RouteMonitoring do
  @moduledoc """
  Route Monitoring (RFC 7854, section 4.6): an UPDATE of one of the peer's tables.

  Of version 4 (draft-ietf-grow-bmp-tlv) `:meanings` says what each of the TLVs says, as a map with `:meaning`:

  | `:meaning` | fields |
  |---|---|
  | `:stateless_parsing` | `capabilities`, as of an Open, that hold for this UPDATE |
  | `:group` | `nlri`: the numbers of those that other TLVs name by this one's index |
  | `:table_name` | `name` of the VRF or table |
  | `:path_marking` | `path_marking`: how the router ranks the path of `index`, as `%{index, status, reason, reason_name}` (draft-ietf-grow-bmp-path-marking-tlv) |
  | `:sequence_number` | `number` |
  | `:extended_flags` | `flags`, octets |
  | `:timestamp` | `time`, octets |
  | `:enterprise` | `enterprise`, the number of the one whose TLV it is |
  | `:unknown` | |
  """
  defstruct [:offset, :peer, :update, tlvs: [], meanings: [], version: 3]

  @type t :: %__MODULE__{
          offset: non_neg_integer,
          version: 3..4,
          peer: ServiceRadar.BMP.PeerHeader.t(),
          update: ServiceRadar.BMP.BGP.Update.t(),
          tlvs: [ServiceRadar.BMP.Message.tlv()],
          meanings: [%{:meaning => atom, optional(atom) => term}]
        }
end

defmodule ServiceRadar.BMP.StatisticsReport do
  @moduledoc """
  Statistics Report (RFC 7854, section 4.8). Each statistic is a map with the registry's `:type`, its `:name`
  in lower case (nil where the type is not assigned) and `:value`; those of one address family have `:family`, and one whose length is no counter's has a binary as its value. `:tlvs`
  are those beside the statistics in version 4.
  """
  defstruct [:offset, :peer, statistics: [], tlvs: [], version: 3]

  @type statistic :: %{
          :type => 0..65_535,
          :name => String.t() | nil,
          :value => non_neg_integer | binary,
          optional(:family) => ServiceRadar.BMP.BGP.family()
        }
  @type t :: %__MODULE__{
          offset: non_neg_integer,
          version: 3..4,
          peer: ServiceRadar.BMP.PeerHeader.t(),
          statistics: [statistic],
          tlvs: [ServiceRadar.BMP.Message.tlv()]
        }
end

defmodule ServiceRadar.BMP.PeerDown do
  @moduledoc """
  Peer Down Notification (RFC 7854, section 4.9): the peer's session ended, and its routes with it.

  `:reason` is the code:

  | code | who ended it | |
  |---|---|---|
  | 1 | the router | `:notification` |
  | 2 | the router | `:fsm_event` (RFC 4271, section 8.1), 0 where none fits, and `:fsm_event_name` |
  | 3 | the peer | `:notification` |
  | 4 | the peer, without a word | |
  | 5 | the router stops to report it | |
  | 6 | the Loc-RIB is gone (RFC 9069) | `:tlvs` |

  `:data` is all that came after the code; in version 4 `:tlvs` may follow the data of every reason.
  """
  defstruct [:offset, :peer, :reason, :notification, :fsm_event, :fsm_event_name, tlvs: [], data: <<>>, version: 3]

  @type t :: %__MODULE__{
          offset: non_neg_integer,
          version: 3..4,
          peer: ServiceRadar.BMP.PeerHeader.t(),
          reason: 0..255,
          notification: ServiceRadar.BMP.BGP.Notification.t() | nil,
          fsm_event: 0..65_535 | nil,
          fsm_event_name: String.t() | nil,
          tlvs: [ServiceRadar.BMP.Message.tlv()],
          data: binary
        }
end

defmodule ServiceRadar.BMP.PeerUp do
  @moduledoc """
  Peer Up Notification (RFC 7854, section 4.10): the OPEN that the router sent to the peer, and the one it received.

  An OPEN is nil where the router has none to give (FRR: for its Loc-RIB), or where it is malformed, which `:faults` tells.
  `:table_name` is that of a VRF or Loc-RIB (RFC 9069, section 5.1); `:tlvs` has it too, as type 3, beside free text (0) and
  administrative labels (4). `:trailing` is what follows them and is no TLV, which is a fault too.
  """
  defstruct [
    :offset,
    :peer,
    :local_address,
    :local_port,
    :remote_port,
    :sent_open,
    :received_open,
    :table_name,
    faults: [],
    tlvs: [],
    trailing: "",
    version: 3
  ]

  @type t :: %__MODULE__{
          offset: non_neg_integer,
          version: 3..4,
          peer: ServiceRadar.BMP.PeerHeader.t(),
          local_address: :inet.ip_address(),
          local_port: :inet.port_number(),
          remote_port: :inet.port_number(),
          sent_open: ServiceRadar.BMP.BGP.Open.t() | nil,
          received_open: ServiceRadar.BMP.BGP.Open.t() | nil,
          table_name: String.t() | nil,
          faults: [ServiceRadar.BMP.DecodeError.t()],
          tlvs: [ServiceRadar.BMP.Message.tlv()],
          trailing: binary
        }
end

defmodule ServiceRadar.BMP.Initiation do
  @moduledoc "Initiation (RFC 7854, section 4.3): who the router is. `:tlvs` has everything, the two names too."
  defstruct [:offset, :sys_name, :sys_descr, tlvs: [], version: 3]

  @type t :: %__MODULE__{
          offset: non_neg_integer,
          version: 3..4,
          sys_name: String.t() | nil,
          sys_descr: String.t() | nil,
          tlvs: [ServiceRadar.BMP.Message.tlv()]
        }
end

defmodule ServiceRadar.BMP.Termination do
  @moduledoc """
  Termination (RFC 7854, section 4.5). `:reason` is 0 administratively closed, 1 unspecified, 2 out of resources,
  3 redundant connection, 4 permanently closed, or nil where none was given; `:reason_name` is that in lower case.
  """
  defstruct [:offset, :reason, :reason_name, :text, tlvs: [], version: 3]

  @type t :: %__MODULE__{
          offset: non_neg_integer,
          version: 3..4,
          reason: 0..65_535 | nil,
          reason_name: String.t() | nil,
          text: String.t() | nil,
          tlvs: [ServiceRadar.BMP.Message.tlv()]
        }
end

defmodule ServiceRadar.BMP.RouteMirroring do
  @moduledoc """
  Route Mirroring (RFC 7854, section 4.7), as its TLVs: type 0 is a BGP message as the router received it, type 1 says
  0 "errored PDU" or 1 "messages lost".

  `:information` is `{code, name}` of each of type 1, `"errored_pdu"` or `"messages_lost"`.

  `:messages` are those of type 0 in their order: an Open, Update, Notification or RouteRefresh of `ServiceRadar.BMP.BGP`,
  `:keepalive`, `{type, octets}` of another type, or a `ServiceRadar.BMP.DecodeError`.
  """
  defstruct [:offset, :peer, tlvs: [], messages: [], information: [], version: 3]

  @type bgp_message ::
          ServiceRadar.BMP.BGP.Open.t()
          | ServiceRadar.BMP.BGP.Update.t()
          | ServiceRadar.BMP.BGP.Notification.t()
          | ServiceRadar.BMP.BGP.RouteRefresh.t()
          | :keepalive
          | {0..255, binary}
          | ServiceRadar.BMP.DecodeError.t()

  @type t :: %__MODULE__{
          offset: non_neg_integer,
          version: 3..4,
          peer: ServiceRadar.BMP.PeerHeader.t(),
          tlvs: [ServiceRadar.BMP.Message.tlv()],
          messages: [bgp_message],
          information: [{0..65_535, String.t() | nil}]
        }
end

defmodule ServiceRadar.BMP.UnknownMessage do
  @moduledoc "A message of a type that has no reading, e.g. an experimental one; `:data` is what follows the common header."
  defstruct [:offset, :type, :data, version: 3]

  @type t :: %__MODULE__{offset: non_neg_integer, version: 3..4, type: 0..255, data: binary}
end

defmodule ServiceRadar.BMP.Undecodable do
  @moduledoc """
  A message whose framing holds and whose inside could not be read: `:raw` is the whole message, `:error` says what is
  wrong and where. `error.suspect` says that it reads with the other ADD-PATH setting, which earlier messages of the same
  peer, view and family, or the message itself, rule out.
  """
  defstruct [:offset, :raw, :error, version: 3]

  @type t :: %__MODULE__{offset: non_neg_integer, version: 3..4, raw: binary, error: ServiceRadar.BMP.DecodeError.t()}
end
