defmodule ServiceRadar.BMPWeb.API.Schema do
  @moduledoc """
  What the JSON endpoints answer with: for each kind of object its fields, each with its type and what it means. The JSON
  is written from this table and the OpenAPI description is, so that neither says what the other does not.
  """
  alias ServiceRadar.BMP.Query
  alias ServiceRadar.BMPWeb.Format

  @views Query.views()

  # {field, type, meaning}. A :time is read from the field with _us behind its name, :family from :afi and :safi.

  # Which of a peer's tables.
  @table [
    {:view, {:enum, @views}, ""},
    {:afi, :integer, ""},
    {:safi, :integer, ""},
    {:family, :family, "name of AFI and SAFI"}
  ]

  # What a route is for.
  @destination [
    {:prefix, {:maybe, :text}, "of every family whose NLRI hold one"},
    {:rd, {:maybe, :text}, "route distinguisher"},
    {:labels, {:list, :integer}, "MPLS labels"},
    {:vnis, {:list, :integer}, ""},
    {:nlri, :hex, "its octets, without path identifier"},
    {:nlri_text, {:maybe, :text}, "of families whose NLRI are more than a prefix"},
    {:path_id, {:maybe, :integer}, ""}
  ]

  # Where something happened: at a router, and perhaps with one of its peers.
  @place [
    {:router, {:maybe, :text}, ""},
    {:router_id, {:maybe, :id}, ""},
    {:peer, {:maybe, :address}, ""},
    {:peer_id, {:maybe, :id}, ""}
  ]

  @dead_letter [{:id, :text, "for /dead_letters/{id}"}] ++
                 @place ++
                 [
                   {:offset, {:maybe, :integer}, "of what was wrong, in octets since the session's start"},
                   {:path, :text, "to the field that was wrong"},
                   {:reason, :text, ""},
                   {:treatment, :text, "kept_raw, refused, or what RFC 7606 has done with it"},
                   {:suspect, :boolean, "it reads with the other ADD-PATH setting"},
                   {:octets, :integer, "how many are kept"}
                 ]

  @objects [
    {"Counts", "How much the station holds.",
     [
       {:routers, :integer, ""},
       {:routers_connected, :integer, ""},
       {:peers, :integer, ""},
       {:sessions, :integer, "peers, without what routers originate themselves"},
       {:sessions_up, :integer, ""},
       {:routes, :integer, "active routes in all views"}
     ]},
    {"Router", "A speaker of BMP.",
     [
       {:router_id, :id, ""},
       {:name, :text, "sysName, or the address of a router that gave none"},
       {:address, {:maybe, :text}, "where its session comes from"},
       {:port, {:maybe, :integer}, ""},
       {:sys_name, {:maybe, :text}, "RFC 7854, section 4.4"},
       {:sys_descr, {:maybe, :text}, "RFC 7854, section 4.4"},
       {:collector, {:maybe, :text}, "the station that its session is at"},
       {:state, {:enum, [:connected, :disconnected]}, ""},
       {:session_started, {:maybe, :time}, ""},
       {:session_ended, {:maybe, :time}, ""},
       {:end_reason, {:maybe, :text}, "why the last session ended"},
       {:peers, :integer, "also what it originates itself"},
       {:sessions, :integer, "of them, without that"},
       {:peers_up, :integer, ""},
       {:routes, :integer, "active routes of all peers and views"},
       {:last_change, {:maybe, :time}, "of a route"},
       {:standby, {:list, :text},
        "where further sessions of its name come from, which feed nothing while the first lives"}
     ]},
    {"Session", "A BMP session: one connection of one router.",
     [
       {:id, :text, ""},
       {:router_id, {:maybe, :id}, "null before its first message"},
       {:address, :address, "where it comes from"},
       {:port, :integer, ""},
       {:node, :text, "that receives it"},
       {:since, :time, ""},
       {:messages, :integer, "since it began, as all of these"},
       {:undecodable, :integer, "of the messages"},
       {:suspect, :integer, "of these, such as read with the other ADD-PATH setting"},
       {:faulty_updates, :integer, "UPDATEs with a fault that RFC 7606 says how to treat"},
       {:as_width_mismatch, :integer, "AS_PATHs of another width than the A flag says"},
       {:add_path_inferred, :integer, "families of a peer's view whose path identifiers are not as negotiated"},
       {:add_path_taken_back, :integer, "of these, such as later proved to be as negotiated"},
       {:unknown_peer_types, :integer, "messages about peers of a type that is not known"},
       {:peers_over_limit, :integer, ""},
       {:lag_us, {:maybe, :integer},
        "microseconds from when its last batch was received until it was committed; null where it is not known"}
     ]},
    {"Peer",
     "A BGP peer of a router. The address 0.0.0.0 of type 0 without AS is the router itself: what it originates.",
     [
       {:peer_id, :id, ""},
       {:router_id, :id, ""},
       {:router, :text, "name of the router"},
       {:peer_type, :integer, "0 global, 1 RD, 2 local, 3 Loc-RIB (RFC 7854, section 4.2; RFC 9069)"},
       {:distinguisher, :text, ""},
       {:address, :address, ""},
       {:asn, :integer, ""},
       {:bgp_id, :address, ""},
       {:state, {:enum, [:up, :down, :stale, :unknown]},
        "stale: the router's session ended; unknown: routes came without a Peer Up"},
       {:state_since, {:maybe, :time}, ""},
       {:down_reason, {:maybe, :text}, ""},
       {:local_address, {:maybe, :address}, ""},
       {:local_port, {:maybe, :integer}, ""},
       {:remote_port, {:maybe, :integer}, ""},
       {:local_asn, {:maybe, :integer}, ""},
       {:local_bgp_id, {:maybe, :address}, ""},
       {:hold_time, {:maybe, :integer}, "seconds"},
       {:table_name, {:maybe, :text}, "of a Loc-RIB (RFC 9069)"},
       {:routes, :integer, "active routes of all views"},
       {:last_change, {:maybe, :time}, "of a route"},
       {:ribs, {:list, {:object, "Rib"}}, ""}
     ]},
    {"Rib", "One view and address family of a peer.",
     @table ++
       [
         {:routes, :integer, ""},
         {:last_change, {:maybe, :time}, ""},
         {:filtered, :boolean, "the router reports a part only"},
         {:add_path_inferred, :boolean, "path identifiers were not negotiated but seen"},
         {:verified, :boolean, "all of it is known to be what the router holds now"}
       ]},
    {"Route", "An active route: what a table of a peer holds for a prefix.",
     [
       {:router, :text, ""},
       {:router_id, :id, ""},
       {:peer, :address, ""},
       {:peer_id, :id, ""},
       {:peer_type, :integer, ""},
       {:peer_asn, :integer, ""},
       {:peer_bgp_id, :address, ""},
       {:distinguisher, :text, ""}
     ] ++
       @table ++
       @destination ++
       [
         {:origin, {:maybe, :text}, "ORIGIN"},
         {:as_path, {:list, :integer}, "every AS number, in order"},
         {:as_path_text, {:maybe, :text}, "as routers print it"},
         {:rpki, {:maybe, {:enum, [:valid, :invalid, :not_found]}},
          "what RPKI says of its origin (RFC 6811); null where the station has no VRPs, and of what is no prefix or in a VRF"},
         {:next_hop, {:maybe, :address}, ""},
         {:next_hop_link_local, {:maybe, :address}, ""},
         {:med, {:maybe, :integer}, ""},
         {:local_pref, {:maybe, :integer}, ""},
         {:atomic_aggregate, :boolean, ""},
         {:aggregator, {:maybe, :aggregator}, "AS number and address"},
         {:originator_id, {:maybe, :address}, ""},
         {:cluster_list, {:list, :address}, ""},
         {:communities, {:list, :text}, "RFC 1997"},
         {:extended_communities, {:list, :text}, "RFC 4360"},
         {:large_communities, {:list, :text}, "RFC 8092"},
         {:other_attributes, {:list, {:object, "Attribute"}}, ""}
       ] ++
       for(field <- ServiceRadar.BMP.Registry.attribute_fields(), do: {field, :any, "the attribute of this name"}) ++
       [
         {:add_path_inferred, :boolean, "that there is a path identifier was not negotiated but seen"},
         {:stale, :boolean, "seen in an earlier session of its router, and not since"},
         {:generation, :integer, "of the session that changed it last"},
         {:sequence, :integer, "in that session"},
         {:changed_at, :time, ""}
       ]},
    {"Attribute", "A path attribute without a field of its own.",
     [{:code, :integer, ""}, {:flags, :integer, ""}, {:value, :text, "hexadecimal"}]},
    {"RouteCount", "How many routes match.",
     [
       {:routes, {:maybe, :integer}, "null where counting them would take too long"},
       {:more, :boolean, "there are more than these"}
     ]},
    {"FlappingRoute", "A route that changed more than once of late.",
     [
       {:router, :text, ""},
       {:router_id, :id, ""},
       {:peer, :address, ""},
       {:peer_id, :id, ""}
     ] ++
       @table ++
       [
         {:prefix, {:maybe, :text}, "of every family whose NLRI hold one"},
         {:nlri, :hex, ""},
         {:nlri_text, :text, "of any family"},
         {:path_id, {:maybe, :integer}, ""},
         {:withdrawals, :integer, "since it began"},
         {:changes, :integer, "of its attributes, since it began"},
         {:penalty, :integer, "of RFC 2439: 1000 a withdrawal, 500 a change, halved every quarter of an hour"},
         {:changed_at, :time, "when the last of them was received"}
       ]},
    {"Change", "A change of a route.",
     [
       {:change, {:enum, [:announce, :change, :withdraw]}, ""},
       {:implied, :boolean, "the peer's end met it; no message spoke of it"},
       {:reason, {:maybe, :text}, "of the end that met it"},
       {:router, {:maybe, :text}, ""},
       {:router_id, :id, ""},
       {:peer, {:maybe, :address}, ""},
       {:peer_id, :id, ""},
       {:peer_asn, {:maybe, :integer}, ""}
     ] ++
       @table ++
       @destination ++
       [
         {:origin, {:maybe, :text}, ""},
         {:as_path, {:list, :integer}, ""},
         {:next_hop, {:maybe, :address}, ""},
         {:med, {:maybe, :integer}, ""},
         {:local_pref, {:maybe, :integer}, ""},
         {:communities, {:list, :text}, ""},
         {:synthetic, :boolean, "the station concluded it; the router did not say it"},
         {:after_gap, :boolean, "something before it was not observed"},
         {:received_at, :time, ""}
       ]},
    {"Event", "What happened to a session or a peer.",
     [{:kind, :text, "such as peer_up, peer_down, end_of_rib, session_start"}] ++
       @place ++
       [
         {:view, {:maybe, {:enum, @views}}, ""},
         {:afi, {:maybe, :integer}, ""},
         {:safi, {:maybe, :integer}, ""},
         {:reason, {:maybe, :text}, ""},
         {:routes, {:maybe, :integer}, "that it ended"},
         {:synthetic, :boolean, "the station concluded it; the router did not say it"},
         {:since, {:maybe, :time}, ""},
         {:received_at, :time, ""}
       ]},
    {"DeadLetter", "Something that could not be decoded, and is kept.", @dead_letter ++ [{:received_at, :time, ""}]},
    {"KeptOctets", "Something that could not be decoded, with its octets.",
     @dead_letter ++
       [
         {:raw, :hex, "a whole message; of a fault in an attribute the value of the attribute"},
         {:received_at, :time, ""}
       ]},
    {"Statistic", "The newest value of a counter of a peer (RFC 7854, section 4.8).",
     [
       {:type, :integer, ""},
       {:afi, {:maybe, :integer}, ""},
       {:safi, {:maybe, :integer}, ""},
       {:value, :integer, ""},
       {:received_at, :time, ""}
     ]},
    {"Alert", "Something broke and is not over. See the guide What broke, and why.",
     [
       {:uid, :text, "the same from its opening to its closing, and of no other alert"},
       {:rule, :text, ""},
       {:subject, :text, "what it is about: a router, a session, a prefix, a node"},
       {:severity, {:enum, [:info, :low, :medium, :high, :critical]}, ""},
       {:text, :text, ""},
       {:opened_at, :time, ""},
       {:peers, {:list, :text}, "where it is about several; at most 100"},
       {:prefixes, {:list, :text}, "where it is about several; at most 100"},
       {:evidence, {:list, {:object, "Evidence"}}, ""},
       {:runbook, :text, "what to do about it"},
       {:acknowledged, :boolean, "a person has seen it"},
       {:muted, :boolean, "it is not to be delivered to people"}
     ]},
    {"Verdict", "Why something broke.",
     [
       {:subject, :text, "what it is about"},
       {:cause, :text, "such as link_failure, remote_shutdown, policy_change"},
       {:class, {:enum, [:physical, :logical, :administrative, :observation, :unknown]}, ""},
       {:confidence, :number, "0 to 1"},
       {:text, :text, ""},
       {:evidence, {:list, {:object, "Evidence"}}, ""},
       {:would_change_if, :text, "what of it is open to doubt"},
       {:supersedes, {:list, :text}, "subjects of verdicts that it takes the place of"},
       {:peers, {:list, :text}, "at most 100"},
       {:prefixes, {:list, :text}, "at most 100"},
       {:said_at, :time, ""}
     ]},
    {"Evidence", "What something was concluded from.",
     [
       {:text, :text, ""},
       {:router, {:maybe, :text}, ""},
       {:generation, {:maybe, :integer}, "of the session in which it was said"},
       {:sequence, {:maybe, :integer}, "in that session"}
     ]},
    {"Problem", "What went wrong (RFC 9457).",
     [
       {:status, :integer, "the HTTP status"},
       {:title, :text, ""},
       {:detail, :text, ""},
       {:errors, :errors, "by parameter, where parameters are wrong"}
     ]}
  ]

  @fields Map.new(@objects, fn {name, _, fields} -> {name, fields} end)

  @doc "An object of the kind, as `ServiceRadar.BMPWeb.API.JSON` takes it."
  @spec object(map, String.t()) :: {keyword}
  def object(from, kind), do: {for({name, type, _} <- Map.fetch!(@fields, kind), do: {name, field(type, name, from)})}

  defp field({:maybe, type}, name, from), do: field(type, name, from)
  defp field(:time, name, from), do: from |> Map.get(:"#{name}_us") |> time()
  defp field(_type, :rpki, from), do: Map.get(from, :validity)
  defp field(:family, _name, %{afi: afi, safi: safi}), do: Format.family_slug({afi, safi})
  defp field(type, name, from), do: from |> Map.get(name) |> value(type)

  defp value(nil, {:list, _}), do: []
  defp value(nil, :boolean), do: false
  defp value(nil, _type), do: nil
  defp value(list, {:list, type}), do: Enum.map(list, &value(&1, type))
  defp value(map, {:object, kind}), do: object(map, kind)
  defp value(octets, :hex), do: Base.encode16(octets, case: :lower)
  defp value({asn, address}, :aggregator), do: %{asn: asn, address: Format.address(address)}
  # A float of 32 bits has more digits than it means.
  defp value(number, :number), do: Float.round(number / 1, 3)
  defp value(address, _type) when is_tuple(address), do: Format.address(address)
  defp value(%ServiceRadar.BMP.Prefix{} = prefix, _type), do: to_string(prefix)
  defp value(value, _type), do: value

  defp time(none) when none in [nil, 0], do: nil
  defp time(us), do: us |> DateTime.from_unix!(:microsecond) |> DateTime.to_iso8601()

  @doc "The names of the fields of a kind."
  @spec fields(String.t()) :: [atom]
  def fields(kind), do: for({name, _, _} <- Map.fetch!(@fields, kind), do: name)

  @doc "Every kind of object as a JSON schema, by name."
  @spec components :: {[{String.t(), term}]}
  def components do
    {for {name, meaning, fields} <- @objects do
       properties = {for({field, type, meaning} <- fields, do: {field, type |> schema() |> describe(meaning)})}
       required = for {field, type, _} <- fields, type != :errors, do: field

       {name,
        {[
           type: "object",
           description: meaning,
           properties: properties,
           required: required,
           additionalProperties: false
         ]}}
     end}
  end

  defp describe(schema, ""), do: schema
  defp describe({schema}, meaning), do: {schema ++ [description: meaning]}

  defp schema({:maybe, {:enum, values}}), do: {[type: ["string", "null"], enum: values ++ [nil]]}

  defp schema({:maybe, type}) do
    {[{:type, name} | rest]} = schema(type)
    {[{:type, [name, "null"]} | rest]}
  end

  defp schema({:enum, values}), do: {[type: "string", enum: values]}
  defp schema({:list, type}), do: {[type: "array", items: schema(type)]}
  defp schema({:object, kind}), do: reference(kind)
  defp schema(:any), do: {[]}
  defp schema(:integer), do: {[type: "integer"]}
  defp schema(:number), do: {[type: "number"]}
  defp schema(:boolean), do: {[type: "boolean"]}
  defp schema(:time), do: {[type: "string", format: "date-time"]}
  defp schema(:id), do: {[type: "string", format: "uuid"]}
  defp schema(:errors), do: {[type: "object", additionalProperties: {[type: "string"]}]}

  defp schema(:aggregator),
    do: {[type: "object", properties: {[asn: {[type: "integer"]}, address: {[type: "string"]}]}]}

  defp schema(_text), do: {[type: "string"]}

  @doc "A reference to the schema of a kind."
  def reference(kind), do: {["$ref": "#/components/schemas/#{kind}"]}
end
