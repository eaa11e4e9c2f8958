defmodule ServiceRadar.BMP.Test.InsightLab do
  @moduledoc """
  A station beside a lab of live routers: what happens to them, what the station says of it, and how long that takes.

  The time is from the first octets of the router's message, as they pass a relay in front of the station, until it is said. It is
  printed, and asserted by nobody. `SERVICERADAR_BMP_LONG=1` does everything fifty times.
  """
  import ExUnit.Assertions

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Events, Insight}
  alias ServiceRadar.BMP.Test.Lab

  @patience 60_000

  @doc "How often each thing happens."
  def runs, do: if(System.get_env("SERVICERADAR_BMP_LONG") in [nil, ""], do: 1, else: 50)

  @doc "Starts a station with this configuration of insight, a relay in front of it, and has edge speak BMP to that."
  def start!(lab, station, json) do
    path = Path.join(lab.folder, "insight.json")
    File.write!(path, json)
    Events.subscribe("bmp:insight")
    ExUnit.Callbacks.start_supervised!({BMP, name: station, ip: "127.0.0.1", port: 0, partitions: 1, insight: path})
    came = ExUnit.Callbacks.start_supervised!({Agent, fn -> nil end})
    Process.put(__MODULE__, {station, came})
    Lab.run(lab, "bmp", [relay(lab.facts["STATION"], BMP.port(station), came)])
    :ok
  end

  # Passes on what comes, and notes when something came first since it was asked.
  defp relay(address, to, came) do
    {:ok, ip} = :inet.parse_address(to_charlist(address))
    {:ok, listener} = :gen_tcp.listen(0, [:binary, ip: ip, active: false, reuseaddr: true])
    {:ok, port} = :inet.port(listener)
    ExUnit.Callbacks.start_supervised!({Task, fn -> accept(listener, to, came) end})
    port
  end

  defp accept(listener, to, came) do
    {:ok, router} = :gen_tcp.accept(listener)
    {:ok, station} = :gen_tcp.connect({127, 0, 0, 1}, to, [:binary, active: false, nodelay: true])
    pump(router, station, came)
    accept(listener, to, came)
  end

  defp pump(router, station, came) do
    case :gen_tcp.recv(router, 0) do
      {:ok, octets} ->
        at = now()
        # Statistics come by themselves: type 1 of the common header.
        if not match?(<<3, _::32, 1, _::binary>>, octets), do: Agent.update(came, &(&1 || at))
        :ok = :gen_tcp.send(station, octets)
        pump(router, station, came)

      {:error, _} ->
        :gen_tcp.close(station)
    end
  end

  @doc "What is said that has all these parts, of what comes from now on or came already and was not asked for."
  def said(parts) do
    {station, _came} = Process.get(__MODULE__)

    receive do
      {:bmp_insight, ^station, line} -> if Enum.all?(parts, &(line =~ &1)), do: line, else: said(parts)
    after
      @patience -> flunk("not said: #{inspect(parts)}; open are #{inspect(Insight.alerts(station))}")
    end
  end

  @doc "Waits until all of these are said, in whichever order."
  def said_all([]), do: :ok

  def said_all(all) do
    {station, _came} = Process.get(__MODULE__)

    receive do
      {:bmp_insight, ^station, line} -> said_all(Enum.reject(all, fn parts -> Enum.all?(parts, &(line =~ &1)) end))
    after
      @patience -> flunk("not said: #{inspect(all)}; open are #{inspect(Insight.alerts(station))}")
    end
  end

  @doc "Lets something happen, and gives the milliseconds until `until` returns, which waits for what is said of it."
  def measure(happen, until) when is_function(until) do
    {_station, came} = Process.get(__MODULE__)
    Agent.update(came, fn _ -> nil end)
    happen.()
    until.()
    now() - Agent.get(came, & &1)
  end

  def measure(happen, all), do: measure(happen, fn -> said_all(all) end)

  @doc "Prints a row of a table: what happened, how often, p50 and p99 in milliseconds, and the load of the machine."
  def report(what, times) do
    sorted = Enum.sort(times)
    at = fn share -> Enum.at(sorted, min(trunc(share * length(sorted)), length(sorted) - 1)) end
    load = "/proc/loadavg" |> File.read!() |> String.split() |> hd()
    IO.puts("insight: | #{what} | #{length(sorted)} | #{at.(0.5)} | #{at.(0.99)} | #{load} |")
  end

  defp now, do: System.monotonic_time(:millisecond)
end
