defmodule ServiceRadar.BMPWeb.API.CSV do
  @moduledoc """
  Rows as CSV (RFC 4180), for spreadsheets. The values of a list stand in one field, with spaces between.

      iex> rows = [{[prefix: "10.0.0.0/8", as_path: [65000, 1], med: nil, router: "edge, west"]}]
      iex> IO.iodata_to_binary(ServiceRadar.BMPWeb.API.CSV.encode([:prefix, :as_path, :med, :router], rows))
      "prefix,as_path,med,router\\r\\n10.0.0.0/8,65000 1,,\\"edge, west\\"\\r\\n"
  """

  @spec encode([atom], [{keyword}]) :: iodata
  def encode(names, rows) do
    [line(names) | for({pairs} <- rows, do: line(Enum.map(names, &Keyword.get(pairs, &1))))]
  end

  defp line(values), do: [values |> Enum.map(&field/1) |> Enum.intersperse(","), "\r\n"]

  defp field(value) do
    text = text(value)
    if text =~ ~r/[",\r\n]/, do: [?", String.replace(text, "\"", "\"\""), ?"], else: text
  end

  defp text(nil), do: ""
  defp text(list) when is_list(list), do: Enum.map_join(list, " ", &text/1)
  defp text({pairs}), do: Enum.map_join(pairs, ";", fn {name, value} -> "#{name}=#{text(value)}" end)
  defp text(map) when is_map(map), do: text({map |> Map.to_list() |> Enum.sort()})
  # What a router is called is its own choice: no spreadsheet is to take it for a formula.
  defp text(<<first, _::binary>> = text) when first in ~c"=+-@", do: "'" <> text
  defp text(other), do: to_string(other)
end
