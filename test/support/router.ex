defmodule ServiceRadar.BMP.TestRouter do
  @moduledoc "A router's side of a BMP session, over a real TCP connection, and a station to connect to."

  import ExUnit.Assertions

  alias ServiceRadar.BMP

  @doc "Starts a station of its own on a free port; gives its name."
  def start_station!(name, options \\ []) do
    options = Keyword.merge([name: name, port: 0, ip: "127.0.0.1", partitions: 2], options)
    ExUnit.Callbacks.start_supervised!({BMP, options})
    name
  end

  def connect!(station) do
    {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, BMP.port(station), [:binary, active: false, nodelay: true])
    socket
  end

  @doc "Waits until `function` gives a true value, and gives it."
  def eventually(function, what \\ "it", attempts \\ 2_000) do
    cond do
      value = function.() ->
        value

      attempts == 0 ->
        flunk("#{what} did not happen within 20 seconds")

      true ->
        Process.sleep(10)
        eventually(function, what, attempts - 1)
    end
  end

  @doc "Whether the station's end of the connection is closed within a second."
  def closed?(socket), do: :gen_tcp.recv(socket, 0, 1_000) in [{:error, :closed}, {:error, :econnreset}]

  @doc "The prefixes of the active routes that match, as text, sorted."
  def prefixes(station, query \\ []) do
    {:ok, routes, nil} = BMP.routes(station, [limit: 10_000] ++ query)
    routes |> Enum.map(&to_string(&1.prefix)) |> Enum.sort()
  end
end
