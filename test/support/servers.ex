defmodule ServiceRadar.BMP.Test.Servers do
  @moduledoc """
  Servers of a test, which are stopped when it is over: `nats!/2` and `postgres!/0` start one, and `again!/1` starts one again
  that was killed.
  """

  alias ServiceRadar.BMP.Test.{NATS, Postgres}

  @doc "`ServiceRadar.BMP.Test.NATS.start!/2`"
  def nats!(config \\ "", jetstream \\ ""), do: config |> NATS.start!(jetstream) |> stop_on_exit()

  @doc "`ServiceRadar.BMP.Test.Postgres.start!/0`"
  def postgres!, do: stop_on_exit(Postgres.start!())

  @doc "On the same port, with the same folder."
  def again!(%module{} = server), do: server |> module.start_again() |> stop_on_exit()

  # One that was started again takes the place of the one before.
  defp stop_on_exit(%module{} = server) do
    ExUnit.Callbacks.on_exit({module, server.port}, fn -> module.stop(server) end)
    server
  end
end
