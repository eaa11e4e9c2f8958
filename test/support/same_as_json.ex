defmodule ServiceRadar.BMP.Test.SameAsJSON do
  @moduledoc """
  Whether a message of `ServiceRadar.BMP.decode/1` says all that the JSON of `bmp-collector decode` says of it, field by
  field. What differs comes as `{path, term, json}`.

  The two have different shapes where Elixir has better ones (addresses are tuples, routes are in groups, AS_PATH is
  merged): this module knows those, and nothing else is let through.
  """
  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.BGP

  @doc "The differences of one message; `octets` are the whole message."
  def differences(message, json, octets) do
    head =
      same("offset", message.offset, json["offset"]) ++
        same("length", byte_size(octets), json["length"]) ++ same("version", message.version, json["version"])

    head ++ keys("message", message) ++ body(message, Map.drop(json, ["offset", "length", "version"]))
  end

  defp body(%BMP.Undecodable{} = message, json) do
    only(json, ~w(error raw type peer)) ++
      same("error", message.error, json["error"]) ++ same("raw", message.raw, json["raw"])
  end

  defp body(%BMP.Initiation{} = message, json) do
    only(json, ~w(type sys_name sys_descr tlvs)) ++
      same("sys_name", message.sys_name, json["sys_name"]) ++
      same("sys_descr", message.sys_descr, json["sys_descr"]) ++ tlvs(message.tlvs, json["tlvs"])
  end

  defp body(%BMP.Termination{} = message, json) do
    only(json, ~w(type reason reason_name text tlvs)) ++
      same("reason", message.reason, json["reason"]) ++
      same("reason_name", message.reason_name, json["reason_name"]) ++
      same("text", message.text, json["text"]) ++ tlvs(message.tlvs, json["tlvs"])
  end

  defp body(%BMP.UnknownMessage{} = message, json) do
    only(json, ~w(type message_type data)) ++
      same("type", message.type, json["message_type"]) ++ same("data", message.data, json["data"])
  end

  defp body(%BMP.PeerUp{} = message, json) do
    only(json, ~w(type peer local_address local_port remote_port sent_open received_open faults tlvs trailing)) ++
      same("trailing", message.trailing, json["trailing"] || "") ++
      peer(message.peer, json["peer"]) ++
      same("local_address", message.local_address, json["local_address"]) ++
      same("local_port", message.local_port, json["local_port"]) ++
      same("remote_port", message.remote_port, json["remote_port"]) ++
      open("sent_open", message.sent_open, json["sent_open"]) ++
      open("received_open", message.received_open, json["received_open"]) ++
      same("faults", message.faults, json["faults"] || []) ++
      same("table_name", message.table_name, Enum.find_value(json["tlvs"] || [], &(&1["type"] == 3 && &1["text"]))) ++
      tlvs(message.tlvs, json["tlvs"] || [])
  end

  defp body(%BMP.PeerDown{} = message, %{"reason" => reason} = json) do
    codes =
      ~w(local_notification local_fsm_event remote_notification remote_no_notification deconfigured local_system_closed)

    code = (Enum.find_index(codes, &(&1 == reason["code"])) || reason["number"] - 1) + 1

    only(json, ~w(type peer reason data tlvs)) ++
      only(reason, ~w(code notification event event_name tlvs number)) ++
      peer(message.peer, json["peer"]) ++
      same("reason", message.reason, code) ++
      same("fsm_event", message.fsm_event, reason["event"]) ++
      same("fsm_event_name", message.fsm_event_name, reason["event_name"]) ++
      notification(message.notification, reason["notification"]) ++
      same("data", message.data, json["data"]) ++ tlvs(message.tlvs, (reason["tlvs"] || []) ++ (json["tlvs"] || []))
  end

  defp body(%BMP.StatisticsReport{} = message, json) do
    only(json, ~w(type peer statistics tlvs)) ++
      peer(message.peer, json["peer"]) ++
      tlvs(message.tlvs, json["tlvs"] || []) ++
      each("statistics", message.statistics, json["statistics"], fn path, statistic, json ->
        same(
          path,
          statistic,
          if(json["raw"], do: json |> Map.delete("raw") |> Map.put("value", json["raw"]), else: json)
        )
      end)
  end

  defp body(%BMP.RouteMonitoring{} = message, json) do
    only(json, ~w(type peer update tlvs)) ++
      peer(message.peer, json["peer"]) ++
      update(message.update, json["update"]) ++
      tlvs(message.tlvs, json["tlvs"] || []) ++
      if(message.version == 4,
        do: same("meanings", message.meanings, Enum.map(json["tlvs"] || [], &Map.drop(&1, ~w(type index value)))),
        else: []
      )
  end

  defp body(%BMP.RouteMirroring{} = message, json) do
    information = for %{"type" => "information"} = one <- json["mirrored"], do: [one["code"], one["code_name"]]
    # Of a message with very many that cannot be read not all are told.
    messages = for one <- json["mirrored"], told = one["error"] || one["decoded"], do: told

    tlvs =
      for one <- json["mirrored"] do
        case one do
          %{"type" => "bgp_message", "message" => octets} -> {0, octets}
          %{"type" => "information", "code" => code} -> {1, Base.encode16(<<code::16>>, case: :lower)}
          %{"tlv_type" => type, "value" => octets} -> {type, octets}
        end
      end

    only(json, ~w(type peer mirrored)) ++
      peer(message.peer, json["peer"]) ++
      same("information", message.information, information) ++
      each("tlvs", message.tlvs, tlvs, fn path, {type, octets}, {json_type, json} ->
        same(path, type, json_type) ++ same(path, octets, json)
      end) ++ each("messages", message.messages, messages, fn _path, message, json -> mirrored(message, json) end)
  end

  defp mirrored(%BGP.Open{} = open, json), do: open("mirrored", open, Map.delete(json, "type"))
  defp mirrored(%BGP.Update{} = update, json), do: update(update, Map.delete(json, "type"))
  defp mirrored(%BGP.Notification{} = message, json), do: notification(message, Map.delete(json, "type"))
  defp mirrored(:keepalive, json), do: same("mirrored", %{type: "keepalive"}, json)

  defp mirrored({type, octets}, json),
    do: same("mirrored", %{message_type: type, data: octets}, Map.delete(json, "type"))

  defp mirrored(message, json), do: same("mirrored", message, Map.delete(json, "type"))

  defp peer(peer, json) do
    %{"timestamp" => %{"seconds" => seconds, "microseconds" => microseconds}} = json
    time = if {seconds, microseconds} == {0, 0}, do: nil, else: seconds * 1_000_000 + microseconds
    {distinguisher, rest} = Map.pop!(json, "distinguisher")
    term = peer |> Map.from_struct() |> Map.drop([:time, :distinguisher])

    keys("peer", peer) ++
      same("peer", term, Map.delete(rest, "timestamp")) ++
      same("peer.time", peer.time, time) ++ same("peer.distinguisher", rd(peer.distinguisher), distinguisher)
  end

  # RFC 4364, section 4.2
  defp rd(number) do
    case <<number::64>> do
      <<0::16, asn::16, value::32>> -> "#{asn}:#{value}"
      <<1::16, a, b, c, d, value::16>> -> "#{a}.#{b}.#{c}.#{d}:#{value}"
      <<2::16, asn::32, value::16>> when asn > 65_535 -> "#{asn}:#{value}"
      <<2::16, asn::32, value::16>> -> "2:#{asn}:#{value}"
      <<type::16, value::binary>> -> "#{type}:0x#{Base.encode16(value, case: :lower)}"
    end
  end

  defp open(path, nil, json), do: same(path, nil, json)

  defp open(path, open, json) do
    parameters =
      for parameter <- json["parameters"] do
        case parameter do
          %{"capabilities" => capabilities} -> capabilities
          %{"unknown" => %{"parameter_type" => type, "value" => value}} -> [type, value]
        end
      end

    asn = Enum.find_value(List.flatten(open.parameters), open.my_as, &match_value(&1, :four_octet_as))

    keys(path, open) ++
      only(json, ~w(version my_as hold_time bgp_id parameters extended)) ++
      same(path, Map.take(open, [:version, :my_as, :hold_time, :bgp_id]), Map.drop(json, ["parameters", "extended"])) ++
      same(path <> ".extended", open.extended, json["extended"] || false) ++
      same(path <> ".asn", open.asn, asn) ++
      same(path <> ".capabilities", open.capabilities, Enum.concat(for [%{} | _] = list <- parameters, do: list)) ++
      each(path <> ".parameters", open.parameters, parameters, fn
        path, {type, octets}, [json_type, json] -> same(path, type, json_type) ++ same(path, octets, json)
        path, capabilities, json -> same(path, capabilities, json)
      end)
  end

  defp match_value({name, value}, name), do: value
  defp match_value(_, _), do: nil

  defp notification(nil, nil), do: []

  defp notification(notification, json) do
    name =
      [json["code_name"], json["subcode_name"]]
      |> Enum.reject(&is_nil/1)
      |> Enum.join("/")
      |> then(&if(&1 != "", do: &1))

    keys("notification", notification) ++
      only(json, ~w(code subcode code_name subcode_name shutdown_text hard_reset prefix_limit data)) ++
      same("notification", Map.take(notification, [:code, :subcode, :data]), Map.take(json, ~w(code subcode data))) ++
      same("notification.name", notification.name, name) ++
      same("notification.text", notification.text, json["shutdown_text"]) ++
      hard_reset(notification.hard_reset, json["hard_reset"]) ++
      limit(notification.prefix_limit, json["prefix_limit"])
  end

  defp hard_reset({code, subcode, name}, [json_code, json_subcode | names]) do
    name_of = names |> Enum.reject(&is_nil/1) |> Enum.join("/")
    same("hard_reset", [code, subcode], [json_code, json_subcode]) ++ same("hard_reset", name || "", name_of)
  end

  defp hard_reset(none, json), do: same("hard_reset", none, json)
  defp limit({family, limit}, [json_family, json]), do: same("limit", family, json_family) ++ same("limit", limit, json)
  defp limit(none, json), do: same("limit", none, json)

  # Elixir has them as tuples; what JSON adds to type and value is in fields of the message.
  defp tlvs(terms, json) do
    each("tlvs", terms, json, fn
      path, {type, value}, json ->
        same(path, %{type: type, value: value}, Map.take(json, ~w(type index value)))

      path, {type, index, value}, json ->
        same(path, %{type: type, index: index, value: value}, Map.take(json, ~w(type index value)))
    end)
  end

  ## UPDATE

  defp update(update, json) do
    treated = &treated?(json["faults"] || [], &1)
    codes = for attribute <- json["attributes"], do: [attribute["code"], attribute["flags"]]
    {groups, withdrawn} = routes("withdrawn", update.groups, :withdraw, json["withdrawn"], nil)
    {state, differences} = attributes(json["attributes"], {groups, update.attributes.other}, update, treated)
    {groups, other} = state
    action = if treated.(%{"afi" => 1, "safi" => 1}), do: :withdraw, else: :announce
    {groups, announced} = routes("nlri", groups, action, json["nlri"], nil)

    keys("update", update) ++
      keys("attributes", update.attributes) ++
      only(json, ~w(withdrawn attributes nlri end_of_rib two_octet_as as_width_mismatch add_path_inferred faults)) ++
      same("add_path_inferred", update.add_path_inferred, json["add_path_inferred"] || []) ++
      withdrawn ++
      differences ++
      announced ++
      same("groups left over", groups, []) ++
      same("other left over", other, []) ++
      same("flags", Enum.map(update.attributes.flags, &Tuple.to_list/1), codes) ++
      same("end_of_rib", update.end_of_rib, json["end_of_rib"]) ++
      same("two_octet_as", update.two_octet_as, json["two_octet_as"] || false) ++
      same("as_width_mismatch", update.as_width_mismatch, json["as_width_mismatch"] || false) ++
      same("faults", update.faults, json["faults"] || [])
  end

  # Whether RFC 7606 withdraws the announced routes of a family.
  defp treated?(faults, family) do
    Enum.any?(faults, fn fault ->
      case fault["treatment"] do
        harmless when harmless in ["kept", "attribute_discard"] -> false
        "afi_safi_disable" -> Map.take(fault["family"], ~w(afi safi)) == Map.take(family, ~w(afi safi))
        _ -> true
      end
    end)
  end

  # The next group holds the routes of a field of the message.
  defp routes(_path, groups, _action, [], _next_hop), do: {groups, []}
  defp routes(path, [], _action, json, _next_hop), do: {[], [{path, :no_group, json}]}

  defp routes(path, [group | groups], action, json, next_hop) do
    nlri = each(path, group.nlri, json, &nlri/3)
    {groups, keys(path, group) ++ same(path <> ".action", group.action, action) ++ next_hop(group, next_hop) ++ nlri}
  end

  defp next_hop(_group, nil), do: []
  defp next_hop(group, octets) when is_binary(octets), do: same("next_hop", group.next_hop, octets)

  defp next_hop(group, json) do
    {address, link_local} =
      case group.next_hop do
        {address, link_local} when is_tuple(address) -> {address, link_local}
        address -> {address, nil}
      end

    {rd, link_local_rd} =
      case group.next_hop_rd do
        {rd, link_local_rd} -> {rd, link_local_rd}
        rd -> {rd, nil}
      end

    same("next_hop", %{address: address, link_local: link_local, rd: rd, link_local_rd: link_local_rd}, json)
  end

  defp nlri(path, nlri, json) do
    {path_id, json} = Map.pop(json, "path_id")
    [{kind, json}] = Map.to_list(json)

    value =
      case {kind, nlri.value} do
        {"prefix", nil} -> same(path, nlri.prefix, json) ++ same(path <> ".raw", nlri.raw, nil)
        {"raw", nil} -> same(path, nlri.raw, json)
        {kind, %module{text: text} = value} -> kind(path, kind, module) ++ text(path, text) ++ same(path, value, json)
      end

    keys(path, nlri) ++ same(path <> ".path_id", nlri.path_id, path_id) ++ value
  end

  defp kind(path, kind, module), do: same(path, Macro.underscore(module |> Module.split() |> List.last()), kind)
  defp text(path, text), do: if(is_binary(text) and String.valid?(text), do: [], else: [{path <> ".text", text, nil}])

  @fields Map.merge(
            Map.new(
              for {code, name, :field} <- ServiceRadar.BMP.Registry.attributes(), do: {code, String.to_atom(name)}
            ),
            %{
              1 => :origin,
              3 => :next_hop,
              4 => :multi_exit_disc,
              5 => :local_pref,
              9 => :originator_id,
              10 => :cluster_list
            }
          )

  # Each attribute of the JSON in order: those that wait in `other` are those without a field.
  defp attributes(json, state, update, treated) do
    {state, differences, []} =
      Enum.reduce(json, {state, [], json}, fn attribute, {{groups, other}, differences, [_ | left]} ->
        path = "attributes.#{attribute["name"]}"
        # Of several with one code the first has the field.
        later = Enum.count(left, &(&1["code"] == attribute["code"]))
        waiting? = Enum.count(other, &(&1.code == attribute["code"])) > later

        case other do
          [first | rest] when waiting? ->
            {groups, more} = mp(path, attribute, groups, treated)
            {{groups, rest}, differences ++ keys(path, first) ++ waiting(path, first, attribute) ++ more, left}

          _ ->
            {groups, more} = mp(path, attribute, groups, treated)
            {{groups, other}, differences ++ field(path, update.attributes, attribute) ++ more, left}
        end
      end)

    {state, differences}
  end

  defp mp(path, %{"code" => 14, "value" => %{"nlri" => nlri} = value}, groups, treated) do
    treated = treated.(value["family"])
    family = family(path, groups, nlri, value)
    action = if treated, do: :withdraw, else: :announce
    {groups, differences} = routes(path, groups, action, nlri, if(treated, do: nil, else: value["next_hop"]))
    {groups, family ++ only(value, ~w(family next_hop nlri)) ++ differences}
  end

  defp mp(path, %{"code" => 15, "value" => %{"nlri" => nlri} = value}, groups, _treated) do
    family = family(path, groups, nlri, value)
    {groups, differences} = routes(path, groups, :withdraw, nlri, nil)
    {groups, family ++ only(value, ~w(family nlri)) ++ differences}
  end

  defp mp(_path, _attribute, groups, _treated), do: {groups, []}

  defp family(path, [group | _], [_ | _], value), do: same(path <> ".family", group.family, value["family"])
  defp family(_path, _groups, _nlri, _value), do: []

  # MP_REACH_NLRI that waits is octets: its routes are in the groups where there are any.
  defp waiting(path, %{code: code, value: octets}, %{"value" => %{}}) when code in [14, 15],
    do: if(is_binary(octets) and byte_size(octets) >= 3, do: [], else: [{path, octets, :octets}])

  defp waiting(path, attribute, %{"code" => code} = json) when code in [2, 17],
    do: name(path, attribute, json) ++ as_path(path, attribute.value, json["value"])

  defp waiting(path, attribute, json), do: name(path, attribute, json) ++ same(path, attribute.value, json["value"])

  defp name(path, attribute, json), do: same(path, attribute.name || "unknown", json["name"])

  defp field(_path, _attributes, %{"code" => code}) when code in [14, 15], do: []
  defp field(path, attributes, %{"code" => 2, "value" => json}), do: as_path(path, attributes.as_path, json)
  defp field(path, attributes, %{"code" => 6}), do: same(path, attributes.atomic_aggregate, true)

  defp field(path, attributes, %{"code" => 7, "value" => json}) do
    {asn, address} = attributes.aggregator
    same(path, %{asn: asn, address: address}, json)
  end

  defp field(path, attributes, %{"code" => 8, "value" => json}),
    do: same(path, for({high, low} <- attributes.communities, do: "#{high}:#{low}"), json)

  defp field(path, attributes, %{"code" => 16, "value" => json}),
    do: same(path, Enum.map(attributes.extended_communities, &to_string/1), json)

  defp field(path, attributes, %{"code" => 32, "value" => json}),
    do: same(path, for({a, b, c} <- attributes.large_communities, do: "#{a}:#{b}:#{c}"), json)

  defp field(path, attributes, %{"code" => code, "value" => json}) do
    case @fields do
      %{^code => field} -> same(path, Map.fetch!(attributes, field), json)
      _ -> [{path, :neither_field_nor_other, json}]
    end
  end

  defp as_path(path, segments, json) when is_list(segments) do
    each(path, segments, json, fn path, {kind, asns}, json ->
      same(path, "as_#{kind}", json["type"]) ++ same(path, asns, json["asns"])
    end)
  end

  defp as_path(path, octets, json), do: same(path, octets, json)

  ## Any value

  # A struct has the fields of its module, neither more nor fewer.
  defp keys(path, %module{} = struct) do
    if Map.keys(struct) == Map.keys(module.__struct__()), do: [], else: [{path <> ".keys", Map.keys(struct), module}]
  end

  # Every field of the JSON is one that this module compares.
  defp only(json, known), do: for({key, value} <- json, key not in known, do: {key, :not_compared, value})

  defp each(path, terms, json, same) when is_list(terms) and is_list(json) and length(terms) == length(json) do
    terms
    |> Enum.zip(json)
    |> Enum.with_index()
    |> Enum.flat_map(fn {{term, json}, i} -> same.("#{path}[#{i}]", term, json) end)
  end

  defp each(path, terms, json, _same), do: [{path, terms, json}]

  defp same(_path, same, same), do: []
  # JSON leaves out some lists where there is nothing in them.
  defp same(_path, [], nil), do: []

  defp same(path, term, json) when is_list(json),
    do: if(is_list(term), do: each(path, term, json, &same/3), else: pair(path, term, json))

  defp same(path, %BMP.DecodeError{} = error, json),
    do: same(path, Map.take(error, [:offset, :path, :reason, :suspect]), json)

  defp same(path, %BMP.Prefix{address: address, length: length} = prefix, json) when is_binary(json) do
    [text, bits] = String.split(json, "/")
    keys(path, prefix) ++ same(path, address, text) ++ same(path, length, String.to_integer(bits))
  end

  defp same(path, %_{} = struct, json) when is_map(json),
    do: keys(path, struct) ++ same(path, struct |> Map.from_struct() |> Map.delete(:text), json)

  defp same(path, {afi, safi}, %{"afi" => json_afi, "safi" => json_safi}) when is_integer(afi),
    do: same(path, [afi, safi], [json_afi, json_safi])

  defp same(path, term, %{"name" => _} = json) when is_atom(term) or is_tuple(term), do: capability(path, term, json)
  defp same(path, {variant, term}, %{} = json) when is_atom(variant), do: same(path, %{variant => term}, json)

  defp same(path, %{} = term, %{} = json) do
    term = Map.new(term, fn {key, value} -> {to_string(key), value} end)
    keys = Enum.uniq(Map.keys(term) ++ Map.keys(json))
    Enum.flat_map(keys, &same("#{path}.#{&1}", term[&1], json[&1]))
  end

  defp same(path, term, json) when is_tuple(term) and tuple_size(term) in [4, 8] and is_binary(json),
    do: if(:inet.parse_address(String.to_charlist(json)) == {:ok, term}, do: [], else: [{path, term, json}])

  # The wire has floats of 32 bits; JSON has as many digits as tell these apart.
  defp same(path, term, json) when is_float(term) and is_number(json),
    do: if(<<term::float-32>> == <<json::float-32>>, do: [], else: [{path, term, json}])

  defp same(path, term, json) when is_atom(term) and not is_nil(term) and is_binary(json),
    do: if(Atom.to_string(term) == json, do: [], else: [{path, term, json}])

  # Octets are hexadecimal in JSON.
  defp same(path, term, json) when is_binary(term) and is_binary(json),
    do: if(Base.encode16(term, case: :lower) == json, do: [], else: [{path, term, json}])

  defp same(path, term, json), do: [{path, term, json}]

  defp pair(path, {a, b}, [json_a, json_b]), do: same(path, [a, b], [json_a, json_b])
  defp pair(path, term, json), do: [{path, term, json}]

  defp capability(path, {code, octets}, %{"name" => "unknown"} = json),
    do: same(path, %{code: code, value: octets}, Map.delete(json, "name"))

  defp capability(path, {:add_path, families}, %{"name" => "add_path"} = json) do
    modes = %{receive: 1, send: 2, both: 3}
    families = for {family, mode} <- families, do: %{family: family, mode: modes[mode] || mode}
    same(path, %{families: families}, Map.delete(json, "name"))
  end

  defp capability(path, {name, value}, %{"name" => json_name} = json) do
    same(path, name, json_name) ++
      case json |> Map.delete("name") |> Map.to_list() do
        [{_field, json}] -> same(path, value, json)
        _ -> same(path, value, Map.delete(json, "name"))
      end
  end

  defp capability(path, name, %{"name" => json_name} = json),
    do: same(path, name, json_name) ++ same(path, %{}, Map.delete(json, "name"))
end
