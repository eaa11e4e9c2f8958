defmodule ServiceRadar.BMP.Test.Recorder do
  @moduledoc """
  Writes what live routers tell as the events of a scenario (`native/insight/scenarios`), in a folder of the one that
  `SERVICERADAR_BMP_RECORD` names; without it nothing is written. What is expected of a scenario is written by people.
  """
  use Agent

  # What routers say that it is when a scenario begins.
  @epoch 1_760_000_000

  @doc "Where recordings go; nil: nowhere."
  def folder, do: System.get_env("SERVICERADAR_BMP_RECORD")

  @doc "Begins a recording of that name, with the configuration of insight as JSON, or none where nothing is recorded."
  def start(name, configuration) do
    if folder() do
      path = Path.join(folder(), name)
      File.mkdir_p!(path)

      head =
        ~s({\n "name": "#{name}",\n "about": "Recorded from a lab of live routers",\n "config": #{configuration}}\n)

      File.write!(Path.join(path, "scenario.json"), head)
      file = File.open!(Path.join(path, "events.jsonl"), [:write])
      began = {System.monotonic_time(:millisecond), System.os_time(:second)}
      Agent.start_link(fn -> %{file: file, began: began, sessions: 0} end)
    else
      {:ok, nil}
    end
  end

  @doc "A router connects: the name of its session."
  def open(nil, _address), do: nil

  def open(recorder, address) do
    session = Agent.get_and_update(recorder, &{session(&1.sessions), %{&1 | sessions: &1.sessions + 1}})
    write(recorder, ~s("session": "#{session}", "open": {"address": "#{address}", "port": 40000}))
    session
  end

  defp session(0), do: "s1"
  defp session(number), do: "s1-#{number + 1}"

  @doc "It sends a message."
  def message(nil, _session, _message), do: :ok

  def message(recorder, session, message) do
    {_, second} = Agent.get(recorder, & &1.began)
    write(recorder, ~s("session": "#{session}", "hex": "#{Base.encode16(moved(message, second - @epoch))}"))
  end

  # The per-peer header's time (RFC 7854, section 4.2), of the types of messages that have one; 0 is none.
  defp moved(<<3, length::32, type, peer::binary-size(34), seconds::32, rest::binary>>, by)
       when type in [0, 1, 2, 3, 6] and seconds > by,
       do: <<3, length::32, type, peer::binary, seconds - by::32, rest::binary>>

  defp moved(message, _by), do: message

  @doc "It closes the connection."
  def close(nil, _session), do: :ok
  def close(recorder, session), do: write(recorder, ~s("session": "#{session}", "close": true))

  @doc "The state of an interface as JSON, as SNMP tells it."
  def interface(nil, _json), do: :ok
  def interface(recorder, json), do: write(recorder, ~s("interface": #{json}))

  # In the order of their times.
  defp write(recorder, fields) do
    Agent.update(recorder, fn %{file: file, began: {began, _}} = state ->
      IO.write(file, ~s({"at_ms": #{System.monotonic_time(:millisecond) - began}, #{fields}}\n))
      state
    end)
  end
end
