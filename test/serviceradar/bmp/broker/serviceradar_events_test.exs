import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats, :postgres] do
  defmodule ServiceRadar.BMP.Broker.ServiceRadarEventsTest do
    @moduledoc """
    Whether ServiceRadar's own readers find what a station publishes: its event writer, which takes what is under `events.` into the table
    `ocsf_events` and drops what lacks a field; its pages and overlays, which ask the table; and its stateful alert engine, whose
    rules match fields of the rows.
    """
    use ExUnit.Case, async: true

    import ServiceRadar.BMP.TestRouter

    alias ServiceRadar.BMP.{Broker, Wire}
    alias ServiceRadar.BMP.Test.{NATS, NATSTap, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 120_000

    # The table as ServiceRadar's migrations make it, but that it is no hypertable.
    @table """
    CREATE TABLE platform.ocsf_events (
      id uuid NOT NULL, time timestamptz NOT NULL, class_uid integer NOT NULL, category_uid integer NOT NULL,
      type_uid integer NOT NULL, activity_id integer NOT NULL, activity_name text, severity_id integer, severity text, message text,
      status_id integer, status text, status_code text, status_detail text, metadata jsonb, observables jsonb, trace_id text,
      span_id text, actor jsonb, device jsonb, src_endpoint jsonb, dst_endpoint jsonb, log_name text, log_provider text,
      log_level text, log_version text, unmapped jsonb, raw_data text, created_at timestamptz NOT NULL, PRIMARY KEY (time, id))
    """

    @required ~w(class_uid category_uid type_uid activity_id)
    @texts ~w(activity_name severity message status status_code status_detail trace_id span_id log_provider log_level log_version)
    @maps ~w(metadata actor device src_endpoint dst_endpoint unmapped)

    setup do
      nats = Servers.nats!()
      server = Servers.postgres!()
      stream = %{name: "events", subjects: ["events.>"], storage: "memory"}
      {:ok, gnat} = Gnat.start_link(%{host: "127.0.0.1", port: nats.port})
      {:ok, _} = Gnat.request(gnat, "$JS.API.STREAM.CREATE.events", Jason.encode!(stream))
      {:ok, _} = NATSTap.start_link(nats.port, "events.>")
      options = [hostname: "127.0.0.1", port: server.port, username: "postgres", database: "postgres"]
      {:ok, postgres} = Postgrex.start_link(options)
      Postgrex.query!(postgres, "CREATE SCHEMA platform", [])
      Postgrex.query!(postgres, @table, [])
      %{nats: nats, postgres: postgres}
    end

    # A row as the event writer makes it of a message: nil where it drops the message.
    defp row(subject, json) do
      event = Jason.decode!(json)
      numbers = Map.new(@required, &{&1, event[&1]})

      if is_binary(event["id"]) and Enum.all?(Map.values(numbers), &(is_integer(&1) and &1 != 0)) do
        texts = Map.new(@texts, &{&1, if(is_binary(event[&1]), do: event[&1])})
        maps = Map.new(@maps, &{&1, if(is_map(event[&1]), do: event[&1], else: %{})})

        %{"id" => event["id"], "time" => DateTime.from_unix!(event["time"], :millisecond), "log_name" => subject}
        |> Map.merge(numbers)
        |> Map.merge(texts)
        |> Map.merge(maps)
        |> Map.merge(Map.take(event, ~w(severity_id status_id)))
        |> Map.merge(%{
          "observables" => event["observables"] || [],
          "raw_data" => json,
          "created_at" => DateTime.utc_now()
        })
      end
    end

    defp insert(postgres, row) do
      sql =
        "INSERT INTO platform.ocsf_events SELECT * FROM jsonb_populate_record(NULL::platform.ocsf_events, $1) ON CONFLICT DO NOTHING"

      Postgrex.query!(postgres, sql, [row]).num_rows
    end

    # What is published until the event of a rule has this state.
    defp published(rule, state, heard \\ []) do
      assert_receive {:nats, "events.bmp." <> _ = subject, _headers, json}, 30_000
      heard = [{subject, json} | heard]

      case Jason.decode!(json) do
        %{"unmapped" => %{"rule" => ^rule, "state" => ^state}} -> Enum.reverse(heard)
        _ -> published(rule, state, heard)
      end
    end

    test "its event writer, its pages and its alert engine find what a station publishes", context do
      path = Path.join(System.tmp_dir!(), "serviceradar-events-#{System.pid()}.json")
      on_exit(fn -> File.rm(path) end)
      File.write!(path, ~s({"rules": {"router_clock": {"enabled": false}}}))

      station =
        start_station!(context.test,
          broker:
            {Broker.JetStream,
             servers: [NATS.url(context.nats)],
             subject_prefix: "bgp.raw",
             stream: "BGP_RAW",
             dead_letter_subject: "bgp.dead",
             ocsf: [stream: "events", subject_prefix: "events.bmp"]},
          ocsf: [],
          insight: path
        )

      peer = [seconds: System.os_time(:second)]
      routes = Wire.update(nlri: ["198.51.100.0/24"], attributes: Wire.mandatory())
      socket = connect!(station)
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(peer), Wire.route_monitoring(routes, peer)])
      :ok = :gen_tcp.send(socket, Wire.peer_down(peer))
      opened = published("peer_down", "open")
      :ok = :gen_tcp.send(socket, Wire.peer_up(peer))
      heard = opened ++ published("peer_down", "close")

      # The writer drops none, and what is delivered twice is there once.
      rows = for {subject, json} <- heard, do: row(subject, json)
      refute nil in rows
      assert Enum.sum(for row <- rows, do: insert(context.postgres, row)) == length(rows)
      assert Enum.sum(for row <- rows, do: insert(context.postgres, row)) == 0

      # The page of events.
      page =
        "SELECT message, severity, log_name, log_provider FROM platform.ocsf_events WHERE time > now() - interval '1 day' AND class_uid = 2004 ORDER BY time"

      found = Postgrex.query!(context.postgres, page, []).rows
      assert Enum.all?(found, &match?([_, _, "events.bmp.detection_finding", "serviceradar_bmp"], &1))
      assert [["rtr peer " <> _, "High", _, _] | _] = found

      # The overlay of the God-View: what is severe and of late, by router and peer.
      overlay =
        "SELECT device->>'name', src_endpoint->>'ip', activity_name FROM platform.ocsf_events WHERE severity_id >= 4 AND class_uid = 4001 AND time > now() - interval '300 seconds' LIMIT 512"

      assert [["rtr", ip, "Close"]] = Postgrex.query!(context.postgres, overlay, []).rows
      assert {:ok, _} = :inet.parse_address(to_charlist(ip))

      # A rule of the alert engine matches the start of `log_name`, `log_provider`, a least severity, and fields of `unmapped` by
      # equality; it groups by a field of `metadata`, and another match is the recovery.
      engine =
        "SELECT metadata->>'correlation_uid', severity_id >= 3 FROM platform.ocsf_events WHERE log_name LIKE 'events.bmp.%' AND log_provider = 'serviceradar_bmp' AND unmapped->>'rule' = 'peer_down' AND unmapped->>'state' = $1"

      assert [[finding, true]] = Postgrex.query!(context.postgres, engine, ["open"]).rows
      assert [[^finding, _]] = Postgrex.query!(context.postgres, engine, ["close"]).rows
    end
  end
end
