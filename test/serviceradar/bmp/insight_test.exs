defmodule ServiceRadar.BMP.InsightTest do
  use ExUnit.Case, async: true

  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP.{Config, Events, Insight, Wire}
  alias ServiceRadar.BMP.Test.Folder

  @moduletag capture_log: true

  setup %{test: test} do
    # Other tests' stations are heard, too.
    Process.put(:station, test)
    tmp_dir = Folder.new!("insight")
    on_exit(fn -> File.rm_rf!(tmp_dir) end)
    %{tmp_dir: tmp_dir}
  end

  # The messages of these tests are of 2023.
  @no_clock ~s("rules": {"router_clock": {"enabled": false}})
  @peer [address: {10, 0, 0, 9}, bgp_id: {10, 0, 0, 9}]

  defp start!(test, tmp_dir, json) do
    path = Path.join(tmp_dir, "insight.json")
    File.write!(path, json)
    Events.subscribe("bmp:insight")
    start_station!(test, insight: path)
  end

  # What is said next that has all these parts; the lines are JSON, which the core build does not parse.
  defp said(parts) do
    station = Process.get(:station)

    receive do
      {:bmp_insight, ^station, line} -> if Enum.all?(parts, &(line =~ &1)), do: line, else: said(parts)
    after
      5_000 -> flunk("not said: #{inspect(parts)}")
    end
  end

  test "a running station says that a session went, why, and that it is back", %{test: test, tmp_dir: tmp_dir} do
    interface = ~s({"router": "rtr", "peer": "10.0.0.9", "interface": {"device": "rtr", "name": "eth1"}})
    station = start!(test, tmp_dir, ~s({"sessions": [#{interface}], #{@no_clock}}))
    socket = connect!(station)
    update = Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: ["198.51.100.0/24"]), @peer)
    :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(@peer), update])
    said([~s("kind":"link_added"), ~s("source":"rtr"), ~s("target":"10.0.0.9")])
    assert [link] = Insight.topology(station)
    assert link =~ ~s("status":"up")

    :ok = :gen_tcp.send(socket, Wire.peer_down(@peer))
    said([~s("cause":"remote_failure"), ~s("subject":"rtr peer 10.0.0.9")])
    said([~s("rule":"peer_down"), ~s("state":"open"), ~s("subject":"rtr peer 10.0.0.9")])
    assert [%{rule: "peer_down", severity: :high, subject: "rtr peer 10.0.0.9"} = alert] = Insight.alerts(station)
    assert [%{router: "rtr", position: %{generation: _, sequence: _}}] = alert.evidence
    assert [%{cause: :remote_failure, class: :logical, subject: "rtr peer 10.0.0.9"}] = Insight.verdicts(station)

    # SNMP tells it late.
    down = ~s({"device": "rtr", "name": "eth1", "oper_status": "down", "admin_status": "up"})
    assert :ok = Insight.interface(station, down)
    said([~s("cause":"link_failure"), ~s("supersedes":["rtr peer 10.0.0.9"])])
    assert [%{cause: :link_failure, subject: "rtr interface eth1"}] = Insight.verdicts(station)
    assert {:error, reason} = Insight.interface(station, "{")
    assert reason =~ "EOF"

    :ok = Insight.mark(station, "peer_down", "rtr peer 10.0.0.9", true)
    assert [%{acknowledged: true}] = Insight.alerts(station)

    :ok = :gen_tcp.send(socket, Wire.peer_up(@peer))
    said([~s("rule":"peer_down"), ~s("state":"close")])
    assert Insight.alerts(station) == []
  end

  test "open alerts and marks outlive the station where a file keeps them", %{test: test, tmp_dir: tmp_dir} do
    path = Path.join(tmp_dir, "insight.json")
    File.write!(path, "{#{@no_clock}}")
    options = [insight: path, insight_state: Path.join(tmp_dir, "state/kept.json")]
    Events.subscribe("bmp:insight")
    station = start_station!(test, options)
    socket = connect!(station)
    :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(@peer), Wire.peer_down(@peer)])
    said([~s("rule":"peer_down"), ~s("state":"open")])
    :ok = Insight.mark(station, "peer_down", "rtr peer 10.0.0.9", true)
    [before] = Insight.alerts(station)
    :ok = stop_supervised(station)

    station = start_station!(test, options)
    assert Insight.alerts(station) == [before]
    assert before.acknowledged
    socket = connect!(station)
    :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(@peer)])
    said([~s("rule":"peer_down"), ~s("state":"close"), before.uid])
    assert Insight.alerts(station) == []
  end

  test "an alert is a finding among the OCSF events, to subscribers and in the file", %{test: test, tmp_dir: tmp_dir} do
    path = Path.join(tmp_dir, "insight.json")
    file = Path.join(tmp_dir, "events.jsonl")
    File.write!(path, "{#{@no_clock}}")
    Events.subscribe("bmp:ocsf")
    station = start_station!(test, insight: path, ocsf: [file: file, group_from: 2, samples: 1])
    socket = connect!(station)
    update = Wire.update(attributes: Wire.mandatory(), nlri: ["198.51.100.0/24", "203.0.113.0/24"])
    :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(@peer), Wire.route_monitoring(update, @peer)])
    event([~s("event":"route_announce"), ~s("count":2), "198.51.100.0/24"])
    :ok = :gen_tcp.send(socket, Wire.peer_down(@peer))
    created = event([~s("class_uid":2004), ~s("activity_name":"Create"), ~s("event_code":"peer_down")])
    assert created =~ "remote_failure"
    :ok = :gen_tcp.send(socket, Wire.peer_up(@peer))
    event([~s("class_uid":2004), ~s("activity_name":"Close"), ~s("status":"Resolved")])
    lines = File.read!(file)
    assert lines =~ created and lines =~ ~s("activity_name":"Close")
  end

  defp event(parts) do
    station = Process.get(:station)

    receive do
      {:bmp_ocsf, ^station, events} ->
        Enum.find(events, fn event -> Enum.all?(parts, &(event =~ &1)) end) || event(parts)
    after
      5_000 -> flunk("no such event: #{inspect(parts)}")
    end
  end

  test "a station without it says nothing, and a configuration that is none is told", %{test: test, tmp_dir: tmp_dir} do
    station = start_station!(test)
    assert Insight.alerts(station) == []
    assert Insight.interface(station, "{}") == {:error, :no_insight}

    path = Path.join(tmp_dir, "wrong.json")
    File.write!(path, ~s({"rules": {"no_such_rule": {}}}))
    {:ok, config} = Config.new(name: :"#{test} wrong", insight: path)
    Process.flag(:trap_exit, true)
    %{start: {module, function, arguments}} = Insight.child_spec(config)
    assert {:error, {:insight_file, ^path, reason}} = apply(module, function, arguments)
    assert reason =~ "no_such_rule"
  end

  if Code.ensure_loaded?(Phoenix.PubSub) do
    test "what is said goes out over PubSub, too, and so do findings", %{test: test, tmp_dir: tmp_dir} do
      start_supervised!({Phoenix.PubSub, name: :insight_pubsub})
      for topic <- ["bmp:insight", "bmp:ocsf"], do: :ok = Phoenix.PubSub.subscribe(:insight_pubsub, topic)
      path = Path.join(tmp_dir, "insight.json")
      File.write!(path, ~s({#{@no_clock}}))
      station = start_station!(test, insight: path, pubsub: :insight_pubsub, ocsf: [])
      socket = connect!(station)
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(@peer), Wire.peer_down(@peer)])
      # This process did not subscribe otherwise.
      said([~s("rule":"peer_down"), ~s("state":"open"), ~s("subject":"rtr peer 10.0.0.9")])
      assert finding(station) =~ ~s("event_code":"peer_down")
    end

    defp finding(station) do
      assert_receive {:bmp_ocsf, ^station, events}, 20_000
      Enum.find(events, &(&1 =~ ~s("class_uid":2004))) || finding(station)
    end
  end
end
