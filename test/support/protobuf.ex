defmodule ServiceRadar.BMP.Test.Protobuf do
  @moduledoc "Fields of an encoded Protobuf message, in their order, as `{number, value}`; no message type is needed."

  import Bitwise

  def fields(octets), do: fields(octets, [])

  defp fields("", fields), do: Enum.reverse(fields)

  defp fields(octets, fields) do
    {key, rest} = varint(octets)

    {value, rest} =
      case key &&& 7 do
        0 -> varint(rest)
        1 -> with <<value::little-64, rest::binary>> <- rest, do: {value, rest}
        2 -> with {size, rest} <- varint(rest), <<value::binary-size(size), rest::binary>> <- rest, do: {value, rest}
        5 -> with <<value::little-32, rest::binary>> <- rest, do: {value, rest}
      end

    fields(rest, [{key >>> 3, value} | fields])
  end

  defp varint(octets, value \\ 0, shift \\ 0)
  defp varint(<<1::1, low::7, rest::binary>>, value, shift), do: varint(rest, value ||| low <<< shift, shift + 7)
  defp varint(<<0::1, low::7, rest::binary>>, value, shift), do: {value ||| low <<< shift, rest}
end
