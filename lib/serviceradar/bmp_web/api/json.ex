defmodule ServiceRadar.BMPWeb.API.JSON do
  @moduledoc """
  Writes JSON (RFC 8259). The core build has no package for it, and OTP has its own from 27 on only.

  An object is a map, or `{pairs}` where the order of its members is to be kept.

      iex> IO.iodata_to_binary(ServiceRadar.BMPWeb.API.JSON.encode({[prefix: "192.0.2.0/24", as_path: [65000, 1], med: nil]}))
      ~s({"prefix":"192.0.2.0/24","as_path":[65000,1],"med":null})
  """

  @doc "A value as JSON. Octets of a text that are not UTF-8 become U+FFFD."
  @spec encode(term) :: iodata
  def encode(nil), do: "null"
  def encode(true), do: "true"
  def encode(false), do: "false"
  def encode(atom) when is_atom(atom), do: encode(Atom.to_string(atom))
  def encode(number) when is_integer(number), do: Integer.to_string(number)
  def encode(number) when is_float(number), do: Float.to_string(number)
  def encode(text) when is_binary(text), do: [?", escape(text), ?"]
  def encode([]), do: "[]"
  def encode([first | rest]), do: [?[, encode(first), Enum.map(rest, &[?,, encode(&1)]), ?]]
  def encode({pairs}) when is_list(pairs), do: [?{, pairs |> Enum.map(&member/1) |> Enum.intersperse(?,), ?}]
  def encode(map) when is_map(map), do: encode({map |> Map.to_list() |> Enum.sort()})

  defp member({key, value}), do: [encode(to_string(key)), ?:, encode(value)]

  defp escape(text) do
    text = if String.valid?(text), do: text, else: readable(text)
    String.replace(text, ["\"", "\\" | Enum.map(0..0x1F, &<<&1>>)], &escaped/1)
  end

  defp escaped("\""), do: "\\\""
  defp escaped("\\"), do: "\\\\"
  defp escaped("\n"), do: "\\n"
  defp escaped("\t"), do: "\\t"
  defp escaped(<<control>>), do: "\\u00" <> Base.encode16(<<control>>, case: :lower)

  defp readable(<<point::utf8, rest::binary>>), do: <<point::utf8, readable(rest)::binary>>
  defp readable(<<_, rest::binary>>), do: <<0xFFFD::utf8, readable(rest)::binary>>
  defp readable(<<>>), do: <<>>
end
