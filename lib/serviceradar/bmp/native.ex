defmodule ServiceRadar.BMP.Native do
  @moduledoc false
  # The only module that knows Rust (native/nif). Where a checksum file of precompiled NIFs ships with the package,
  # and rustler_precompiled is there, the library is fetched by it; else the Mix compiler of mix.exs has built it.

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.BGP
  alias ServiceRadar.BMP.Terms

  @profile if System.get_env("SERVICERADAR_BMP_NIF_PROFILE", "") == "",
             do: if(Mix.env() == :test, do: "dev", else: "release"),
             else: System.get_env("SERVICERADAR_BMP_NIF_PROFILE")

  # Quoted: `use` looks its module up even in a branch that is not taken.
  loader =
    if Mix.Tasks.Compile.BmpNative.precompiled?() do
      quote do
        use RustlerPrecompiled,
          otp_app: :serviceradar_bmp,
          crate: "serviceradar_bmp_nif",
          version: Mix.Project.config()[:version],
          base_url: Application.compile_env!(:serviceradar_bmp, :nif_base_url),
          nif_versions: ["2.16"]
      end
    else
      quote do
        @on_load :load
        @file_name "serviceradar_bmp_nif" <> if(@profile == "release", do: "", else: "-" <> @profile)

        def load do
          path = :serviceradar_bmp |> :code.priv_dir() |> Path.join("native/" <> @file_name)
          :erlang.load_nif(to_charlist(path), 0)
        end
      end
    end

  Code.eval_quoted(loader, [], __ENV__)

  # A normal scheduler may be held for a millisecond. The smallest route takes one octet, and a microsecond as a term where its
  # family is not bare prefixes: half a KiB is safe to make terms of, whatever it holds, and 8 KiB to make a batch of.
  @short_terms 512
  @short_batch 8 * 1024

  # What terms are made from, by the names that Rust looks them up with: modules for the messages, names of its own types
  # for what their serialization makes. A literal, so that all structs of a module share their keys.
  @structs Map.merge(
             Map.new(
               [
                 BMP.DecodeError,
                 BMP.Initiation,
                 BMP.PeerDown,
                 BMP.PeerHeader,
                 BMP.PeerUp,
                 BMP.Prefix,
                 BMP.RouteMirroring,
                 BMP.StatisticsReport,
                 BMP.Termination,
                 BMP.Undecodable,
                 BMP.UnknownMessage,
                 BGP.Attribute,
                 BGP.ExtendedCommunity,
                 BGP.Fault,
                 BGP.Nlri,
                 BGP.Notification,
                 BGP.Open,
                 BGP.RouteGroup
               ],
               &{&1, &1.__struct__()}
             ),
             %{
               Attribute: %BGP.Attribute{},
               FlowSpecV2: %BGP.FlowSpecV2{},
               RouteRefresh: %BGP.RouteRefresh{},
               Tlv: %BGP.Tlv{}
             }
           )
           |> Map.merge(Map.new(BMP.Registry.nlri_structs(), &{&1, Module.concat(BGP, &1).__struct__()}))

  def decode(input) when byte_size(input) <= @short_terms, do: Terms.made(decode_short(input, @structs))
  def decode(input), do: Terms.made(decode_long(input, @structs))
  def decode_short(_input, _structs), do: error()
  def decode_long(_input, _structs), do: error()

  def decode_json(_input), do: error()

  def dissect(input, attribute), do: dissect(input, attribute, @structs)
  def dissect(_input, _attribute, _structs), do: error()

  def decode_open(message), do: decode_open(message, @structs)
  def decode_open(_message, _structs), do: error()
  def extended_community(octets), do: extended_community(octets, @structs)
  def extended_community(_octets, _structs), do: error()

  def decoder_new(_max_message_bytes), do: error()

  def decoder_feed(decoder, input) when byte_size(input) <= @short_terms,
    do: Terms.made(decoder_feed_short(decoder, input, @structs))

  def decoder_feed(decoder, input), do: Terms.made(decoder_feed_long(decoder, input, @structs))
  def decoder_feed_short(_decoder, _input, _structs), do: error()
  def decoder_feed_long(_decoder, _input, _structs), do: error()

  def session_new(_options), do: error()

  def session_feed(session, input, now_us) when byte_size(input) <= @short_batch,
    do: session_feed_short(session, input, now_us)

  def session_feed(session, input, now_us), do: session_feed_long(session, input, now_us)
  def session_feed_short(_session, _input, _now_us), do: error()
  def session_feed_long(_session, _input, _now_us), do: error()
  def session_alive(_session, _now_us), do: error()
  def session_counters(_session), do: error()
  def session_sys_name(_session), do: error()
  def session_end(_session, _reason, _now_us), do: error()
  def table_new(_limits), do: error()
  def table_apply(_table, _payload), do: error()
  def table_expire(_table, _now_us, _monotonic_us, _caught_up), do: error()
  def table_forget(_table, _rib_id, _nlri, _path_id), do: error()
  def table_poisoned(_table), do: error()
  # For tests; only debug builds have it.
  def table_break(_table), do: error()
  def table_flapping(_table, _router_id, _peer_id, _limit), do: error()
  def table_count(_table, _query, _most), do: error()
  def loader_new, do: error()
  def loader_begin(_loader, _kind), do: error()
  def loader_piece(_loader, _table, _piece), do: error()
  def loader_end(_loader), do: error()
  def table_routers(_table), do: error()
  def table_peers(_table, _router_id), do: error()
  def table_list_peers(_table, _list), do: error()
  def table_list_routers(_table, _list), do: error()
  def table_count_peers(_table, _list), do: error()
  def table_some_peers(_table, _ids), do: error()
  def table_held(_table), do: error()
  def table_totals(_table, _router_id), do: error()
  def table_routes(_table, _query), do: error()
  def table_prepare_search(_table), do: error()
  def table_ready_to_search(_table), do: error()
  def table_keys(_table, _query, _most), do: error()
  def table_counts(_table), do: error()
  def commit_new(_deltas), do: error()
  def commit_copy(_commit, _kind, _from, _to), do: error()
  def commit_origin(_commit, _kind, _row), do: error()
  def parity_compare(_lines, _tables, _bmp, _options), do: error()
  def deltas_ocsf(_deltas, _group_from, _samples), do: error()
  def deltas_dead_letters(_deltas), do: error()
  def deltas_resets(_deltas), do: error()
  def deltas_semantic(_deltas), do: error()
  def deltas_summary(_deltas, _limit), do: error()
  def feed_new(_insight), do: error()
  def feed_most_routes, do: error()
  def feed_load(_feed, _table), do: error()
  def feed_apply(_feed, _deltas), do: error()
  def feed_find(_feed, _insight, _now_ms), do: error()
  def feed_tick(_feed, _now_us), do: error()
  def feed_stream(_feed), do: error()
  def feed_next(_stream, _now_us), do: error()
  def feed_whole(_feed, _now_us), do: error()
  def feed_merge(_feeds), do: error()
  def feed_merge_next(_merge, _octets, _now_us), do: error()
  def insight_new(_config), do: error()
  def insight_apply(_insight, _tables, _deltas, _now_ms), do: error()
  def insight_tick(_insight, _tables, _now_ms), do: error()
  def insight_interface(_insight, _tables, _event, _now_ms), do: error()
  def insight_alerts(insight, now_ms), do: insight_alerts(insight, now_ms, @structs)
  def insight_alerts(_insight, _now_ms, _structs), do: error()
  def insight_verdicts(insight), do: insight_verdicts(insight, @structs)
  def insight_verdicts(_insight, _structs), do: error()
  def insight_rpki(_insight), do: error()
  def insight_caches(_insight, _tables, _client, _now_ms), do: error()
  def insight_vrp_file(_insight, _tables, _file, _now_ms), do: error()
  def insight_validity(_insight, _routes), do: error()
  def rtr_start(_caches), do: error()
  def insight_restore(_insight, _kept, _now_ms), do: error()
  def insight_kept(_insight, _now_ms), do: error()
  def insight_adopt(_insight, _table, _now_ms), do: error()
  def insight_topology(_insight), do: error()
  def insight_mark(_insight, _rule, _subject, _acknowledged, _muted_until_ms), do: error()

  @doc false
  def proxy_header(_octets), do: error()

  defp error, do: :erlang.nif_error(:nif_not_loaded)
end
