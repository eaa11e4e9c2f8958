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

  @doc """
  Whether a number only rises (a counter in RFC 7854, section 4.8), so that what is told of it is how much.

      iex> for type <- [1, 7, 13, 14], do: ServiceRadar.BMPWeb.Statistics.rises?(type)
      [true, false, true, false]
  """
  def rises?(type), do: ServiceRadar.BMP.Registry.statistic_kind(type) == :counter
end
