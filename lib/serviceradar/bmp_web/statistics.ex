defmodule ServiceRadar.BMPWeb.Statistics do
  @moduledoc """
  Names of the counters of Statistics Reports (IANA BMP Statistics Types: RFC 7854, RFC 8671, RFC 9736).
  """
  @doc """
      iex> ServiceRadar.BMPWeb.Statistics.name(4)
      "Updates invalidated: AS_PATH loop"
      iex> ServiceRadar.BMPWeb.Statistics.name(65531)
      "Unknown counter"
  """
  def name(type), do: ServiceRadar.BMP.Registry.statistic_label(type) || "Unknown counter"
end
