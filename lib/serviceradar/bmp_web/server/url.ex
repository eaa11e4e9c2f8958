defmodule ServiceRadar.BMPWeb.Server.URL do
  @moduledoc false

  @doc "Where a browser on this machine finds what listens there."
  @spec of(:inet.ip_address(), :inet.port_number()) :: String.t()
  def of(address, port), do: "http://#{host(address)}:#{port}"

  defp host(address) when address in [{0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0}, {127, 0, 0, 1}], do: "localhost"
  defp host(address) when tuple_size(address) == 8, do: "[#{:inet.ntoa(address)}]"
  defp host(address), do: "#{:inet.ntoa(address)}"
end
