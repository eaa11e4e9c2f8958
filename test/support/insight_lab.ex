defmodule ServiceRadar.BMP.Test.InsightLab do
  @moduledoc """
  A station beside a lab of live routers: what happens to them, what the station says of it, and how long that takes.

  The time is from the first octets of the router's message, as they pass a relay in front of the station, until it is said. Nothing
  happens before the router has told all that happened before. It is printed, and asserted by nobody. `SERVICERADAR_BMP_LONG=1` does everything fifty times.
  """
  import ExUnit.Assertions

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Events, Insight}
  alias ServiceRadar.BMP.Test.{Lab, Recorder}

  @patience 60_000
  # A router that said nothing for so long has told all, as its BMP waits for nothing else.
  @quiet 700

  @doc "How often each thing happens."
  def runs, do: if(System.get_env("SERVICERADAR_BMP_LONG") in [nil, ""], do: 1, else: 50)

  @doc """
  Starts a station with this configuration of insight, a relay in front of it, and has a router (edge, or GoBGP) speak BMP to that.
  `name` is that of the recording, where one is made: see `ServiceRadar.BMP.Test.Recorder`.
  """
  def start!(lab, station, json, name, router \\ :edge) do
    path = Path.join(lab.folder, "insight.json")
    File.write!(path, json)
    Events.subscribe("bmp:insight")
    ExUnit.Callbacks.start_supervised!({BMP, name: station, ip: "127.0.0.1", port: 0, partitions: 1, insight: path})
    came = ExUnit.Callbacks.start_supervised!({Agent, fn -> %{first: nil, last: now(), telling: &any?/1} end})
    {:ok, recorder} = Recorder.start(name, json)
    Process.put(__MODULE__, {station, came, recorder})
    speak(lab, router, &relay(lab.facts[&1], BMP.port(station), came, recorder))
    :ok
  end

  defp speak(lab, :edge, relay), do: Lab.run(lab, "bmp", [relay.("STATION")])

  defp speak(lab, :watch, relay),
    do: Lab.run(lab, "gobgp", ["bmp", "add", "#{lab.facts["CORE_STATION"]}:#{relay.("CORE_STATION")}", "all"])

  # Passes on what comes, and notes when something came first since it was asked, and last.
  defp relay(address, to, came, recorder) do
    {:ok, ip} = :inet.parse_address(to_charlist(address))
    {:ok, listener} = :gen_tcp.listen(0, [:binary, ip: ip, active: false, reuseaddr: true])
    {:ok, port} = :inet.port(listener)
    ExUnit.Callbacks.start_supervised!({Task, fn -> accept(listener, to, came, recorder) end})
    port
  end

  defp accept(listener, to, came, recorder) do
    {:ok, router} = :gen_tcp.accept(listener)
    {:ok, {address, _port}} = :inet.peername(router)
    {:ok, station} = :gen_tcp.connect({127, 0, 0, 1}, to, [:binary, active: false, nodelay: true])
    pump(router, station, came, {recorder, Recorder.open(recorder, :inet.ntoa(address))}, "")
    accept(listener, to, came, recorder)
  end

  defp pump(router, station, came, {recorder, session} = recording, begun) do
    case :gen_tcp.recv(router, 0) do
      {:ok, octets} ->
        at = now()
        :ok = :gen_tcp.send(station, octets)
        {messages, begun} = split(begun <> octets, [])
        for message <- messages, do: Recorder.message(recorder, session, message)
        # Statistics come by themselves: type 1 of the common header.
        told = Enum.reject(messages, &match?(<<3, _::32, 1, _::binary>>, &1))
        Agent.update(came, &Enum.reduce(told, &1, fn message, came -> note(came, message, at) end))
        pump(router, station, came, recording, begun)

      {:error, _} ->
        Recorder.close(recorder, session)
        :gen_tcp.close(station)
    end
  end

  # Whole messages, and the beginning of the next one.
  defp split(<<3, length::32, _::binary>> = octets, messages) when byte_size(octets) >= length do
    <<message::binary-size(length), rest::binary>> = octets
    split(rest, [message | messages])
  end

  defp split(octets, messages), do: {Enum.reverse(messages), octets}

  defp note(%{first: nil} = came, message, at), do: %{came | last: at, first: if(came.telling.(message), do: at)}
  defp note(came, _message, at), do: %{came | last: at}

  @doc "Tells the station the state of an interface, as SNMP does."
  def interface(json) do
    {station, _came, recorder} = Process.get(__MODULE__)
    Recorder.interface(recorder, json)
    :ok = Insight.interface(station, json)
  end

  @doc "What is said that has all these parts, of what comes from now on or came already and was not asked for."
  def said(parts) do
    {station, _came, _recorder} = Process.get(__MODULE__)

    receive do
      {:bmp_insight, ^station, line} -> if Enum.all?(parts, &(line =~ &1)), do: line, else: said(parts)
    after
      @patience -> flunk("not said: #{inspect(parts)}; open are #{inspect(Insight.alerts(station))}")
    end
  end

  @doc "Waits until all of these are said, in whichever order."
  def said_all([]), do: :ok

  def said_all(all) do
    {station, _came, _recorder} = Process.get(__MODULE__)

    receive do
      {:bmp_insight, ^station, line} -> said_all(Enum.reject(all, fn parts -> Enum.all?(parts, &(line =~ &1)) end))
    after
      @patience -> flunk("not said: #{inspect(all)}; open are #{inspect(Insight.alerts(station))}")
    end
  end

  @doc """
  Lets something happen, and gives the milliseconds until all of what is to be said of it is said.

  What tells it is the first message of the router after that of which `telling` says so.
  """
  def measure(happen, all, telling \\ &any?/1) do
    {_station, came, _recorder} = lab = Process.get(__MODULE__)
    await_quiet(came)
    Agent.update(came, &%{&1 | first: nil, telling: telling})
    # The command that makes it happen may end after all is said.
    happening = Task.async(fn -> Process.put(__MODULE__, lab) || happen.() end)
    said_all(all)
    time = now() - Agent.get(came, & &1.first)
    Task.await(happening, @patience)
    time
  end

  @doc "Any message tells it."
  def any?(_message), do: true

  @doc "A Peer Down tells it, type 2 of the common header."
  def peer_down?(message), do: match?(<<3, _length::32, 2, _::binary>>, message)

  defp await_quiet(came) do
    left = Agent.get(came, & &1.last) + @quiet - now()

    if left > 0 do
      Process.sleep(left)
      await_quiet(came)
    end
  end

  @doc "Prints a row of a table: what happened, how often, p50 and p99 in milliseconds, and the load of the machine."
  def report(what, times) do
    sorted = Enum.sort(times)
    at = fn share -> Enum.at(sorted, min(trunc(share * length(sorted)), length(sorted) - 1)) end
    load = "/proc/loadavg" |> File.read!() |> String.split() |> hd()
    IO.puts("insight: | #{what} | #{length(sorted)} | #{at.(0.5)} | #{at.(0.99)} | #{load} |")
  end

  defp now, do: System.monotonic_time(:millisecond)
end
