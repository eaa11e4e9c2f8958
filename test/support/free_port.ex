defmodule ServiceRadar.BMP.Test.FreePort do
  @moduledoc "A TCP port that nothing listens on, for a program that has to be told one."

  @spec free_port(:inet.ip_address()) :: :inet.port_number()
  def free_port(address \\ {127, 0, 0, 1}) do
    {:ok, socket} = :gen_tcp.listen(0, ip: address)
    {:ok, port} = :inet.port(socket)
    :gen_tcp.close(socket)
    port
  end
end
