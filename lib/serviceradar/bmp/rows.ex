defmodule ServiceRadar.BMP.Router do
  @moduledoc """
  A router as a store knows it: the speaker of BMP, told by its sysName or, where it gives none, by its address.

  Times are microseconds since the Unix epoch. `:generation` and `:sequence` are those of the newest event that changed it.
  `:sessions` are its peers without what it originates itself. `:standby` says where further sessions come from that call themselves the same router: they feed nothing while the first lives.
  """
  defstruct [
    :router_id,
    :name,
    :address,
    :port,
    :sys_name,
    :sys_descr,
    :collector,
    :state,
    :session_started_us,
    :session_ended_us,
    :end_reason,
    :generation,
    :sequence,
    peers: 0,
    sessions: 0,
    peers_up: 0,
    routes: 0,
    last_change_us: 0,
    standby: []
  ]

  @type t :: %__MODULE__{
          router_id: String.t(),
          name: String.t(),
          address: :inet.ip_address() | nil,
          port: :inet.port_number(),
          sys_name: String.t(),
          sys_descr: String.t(),
          collector: String.t(),
          state: :connected | :disconnected,
          session_started_us: integer,
          session_ended_us: integer | nil,
          end_reason: String.t() | nil,
          generation: non_neg_integer,
          sequence: non_neg_integer,
          peers: non_neg_integer,
          sessions: non_neg_integer,
          peers_up: non_neg_integer,
          routes: non_neg_integer,
          last_change_us: integer,
          standby: [String.t()]
        }
end

defmodule ServiceRadar.BMP.Peer do
  @moduledoc """
  A peer of a router, as a store knows it.

  * `:router` - sysName or address of its router
  * `:peer_type` - 0 global, 1 RD, 2 local, 3 Loc-RIB
  * `:distinguisher` - as text, e.g. `"65000:1"`
  * `:state` - `:up`, `:down`, `:stale` (its router's session ended) or `:unknown` (routes came without a Peer Up)
  * `:sent_open`, `:received_open` - the OPEN messages of the router and of the peer, whole, or nil; see
    `ServiceRadar.BMP.decode_open/1`
  * `:routes` - active routes in all views; `:ribs` - in each: maps of `:view`, `:afi`, `:safi`, `:routes`,
    `:last_change_us`, `:filtered` (the router reports a part only), `:add_path_inferred` (whether there are path ids was not
    negotiated but seen in its messages) and `:verified` (all of it is known to be what the router holds now)
  """
  defstruct [
    :peer_id,
    :router_id,
    :router,
    :peer_type,
    :distinguisher,
    :address,
    :asn,
    :bgp_id,
    :state,
    :state_since_us,
    :local_address,
    :local_port,
    :remote_port,
    :local_asn,
    :local_bgp_id,
    :hold_time,
    :sent_open,
    :received_open,
    :table_name,
    :down_reason,
    :generation,
    :sequence,
    routes: 0,
    last_change_us: 0,
    ribs: []
  ]

  @type t :: %__MODULE__{
          peer_id: String.t(),
          router_id: String.t(),
          router: String.t(),
          peer_type: 0..255,
          distinguisher: String.t(),
          address: :inet.ip_address(),
          asn: 0..0xFFFFFFFF,
          bgp_id: :inet.ip4_address(),
          state: :up | :down | :stale | :unknown,
          state_since_us: integer,
          local_address: :inet.ip_address() | nil,
          local_port: :inet.port_number() | nil,
          remote_port: :inet.port_number() | nil,
          local_asn: 0..0xFFFFFFFF | nil,
          local_bgp_id: :inet.ip4_address() | nil,
          hold_time: 0..65_535 | nil,
          sent_open: binary | nil,
          received_open: binary | nil,
          table_name: String.t() | nil,
          down_reason: String.t() | nil,
          generation: non_neg_integer,
          sequence: non_neg_integer,
          routes: non_neg_integer,
          last_change_us: integer,
          ribs: [map]
        }
end

defmodule ServiceRadar.BMP.Route do
  @moduledoc """
  An active route: what a peer's table holds for a prefix.

  * `:router`, `:peer` - sysName or address of the router, address of the peer
  * `:view` - the RIB view, e.g. `:adj_rib_in_pre`
  * `:prefix` - of every family whose NLRI hold one; `:nlri_text` - the NLRI as text, of families whose NLRI is more than
    a prefix
  * `:rd` - route distinguisher of the NLRI, as `"65000:1"`; `:labels` - its MPLS labels; `:vnis` - what stands in place
    of labels where the encapsulation is VXLAN or one like it
  * `:nlri` - always, the octets without path id
  * `:as_path` - every AS number in order; `:as_path_text` - as routers print it
  * `:communities`, `:large_communities`, `:extended_communities` - as text, `"65000:1"`
  * `:other_attributes` - maps of `:code`, `:flags`, `:value` (hexadecimal)
  * `:generation`, `:sequence`, `:changed_at_us` - of the last change
  * `:add_path_inferred` - whether there is a path id was not negotiated but seen in the messages
  * `:stale` - seen in an earlier session of its router, and not since
  * `:validity` - what RPKI says of it, `:valid`, `:invalid` or `:not_found`, where the station has VRPs; see
    `ServiceRadar.BMP.Insight.validate/2`
  """
  defstruct [
              :validity,
              :router,
              :router_id,
              :view,
              :peer,
              :peer_id,
              :peer_type,
              :peer_asn,
              :peer_bgp_id,
              :distinguisher,
              :afi,
              :safi,
              :prefix,
              :rd,
              :nlri,
              :nlri_text,
              :path_id,
              :origin,
              :as_path_text,
              :next_hop,
              :next_hop_link_local,
              :med,
              :local_pref,
              :aggregator,
              :originator_id,
              :generation,
              :sequence,
              :changed_at_us
            ] ++
              ServiceRadar.BMP.Registry.attribute_fields() ++
              [
                as_path: [],
                atomic_aggregate: false,
                cluster_list: [],
                communities: [],
                extended_communities: [],
                large_communities: [],
                other_attributes: [],
                labels: [],
                vnis: [],
                add_path_inferred: false,
                stale: false
              ]

  @type t :: %__MODULE__{
          validity: :valid | :invalid | :not_found | nil,
          router: String.t(),
          router_id: String.t(),
          view: ServiceRadar.BMP.Query.view(),
          peer: :inet.ip_address(),
          peer_id: String.t(),
          peer_type: 0..255,
          peer_asn: 0..0xFFFFFFFF,
          peer_bgp_id: :inet.ip4_address(),
          distinguisher: String.t(),
          afi: 0..65_535,
          safi: 0..255,
          prefix: ServiceRadar.BMP.Prefix.t() | nil,
          rd: String.t() | nil,
          labels: [0..0xFFFFF],
          vnis: [0..0xFFFFFF],
          add_path_inferred: boolean,
          nlri: binary,
          nlri_text: String.t() | nil,
          path_id: 0..0xFFFFFFFF | nil,
          origin: String.t() | nil,
          as_path: [0..0xFFFFFFFF],
          as_path_text: String.t() | nil,
          next_hop: :inet.ip_address() | nil,
          next_hop_link_local: :inet.ip6_address() | nil,
          med: 0..0xFFFFFFFF | nil,
          local_pref: 0..0xFFFFFFFF | nil,
          atomic_aggregate: boolean,
          aggregator: {0..0xFFFFFFFF, :inet.ip4_address()} | nil,
          originator_id: :inet.ip4_address() | nil,
          cluster_list: [:inet.ip4_address()],
          communities: [String.t()],
          extended_communities: [String.t()],
          large_communities: [String.t()],
          other_attributes: [map],
          generation: non_neg_integer,
          sequence: non_neg_integer,
          changed_at_us: integer,
          stale: boolean
        }
end
