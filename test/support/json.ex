defmodule ServiceRadar.BMP.Test.JSON do
  @moduledoc "Reads JSON: the core build has no package for it, and OTP 25 has none of its own."

  def decode!(text) do
    {value, rest} = value(skip(text))
    "" = skip(rest)
    value
  end

  defp value("null" <> rest), do: {nil, rest}
  defp value("true" <> rest), do: {true, rest}
  defp value("false" <> rest), do: {false, rest}
  defp value("\"" <> rest), do: string(rest, [])
  defp value("[" <> rest), do: items(skip(rest), [])
  defp value("{" <> rest), do: members(skip(rest), [])

  defp value(text) do
    case Integer.parse(text) do
      {_, <<mark, _::binary>>} when mark in [?., ?e, ?E] -> Float.parse(text)
      integer -> integer
    end
  end

  defp items("]" <> rest, []), do: {[], rest}

  defp items(text, items) do
    {item, rest} = value(text)

    case skip(rest) do
      "," <> rest -> items(skip(rest), [item | items])
      "]" <> rest -> {Enum.reverse([item | items]), rest}
    end
  end

  defp members("}" <> rest, []), do: {%{}, rest}

  defp members("\"" <> rest, members) do
    {key, rest} = string(rest, [])
    ":" <> rest = skip(rest)
    {value, rest} = value(skip(rest))

    case skip(rest) do
      "," <> rest -> members(skip(rest), [{key, value} | members])
      "}" <> rest -> {Map.new([{key, value} | members]), rest}
    end
  end

  # Pieces without an escape are taken whole.
  defp string(text, done) do
    {at, 1} = :binary.match(text, ["\"", "\\"])
    <<piece::binary-size(at), mark, rest::binary>> = text
    if mark == ?", do: {IO.iodata_to_binary([done, piece]), rest}, else: escape(rest, [done, piece])
  end

  defp escape(<<"u", hex::binary-size(4), rest::binary>>, done) do
    case {String.to_integer(hex, 16), rest} do
      {high, <<"\\u", low::binary-size(4), rest::binary>>} when high in 0xD800..0xDBFF ->
        pair = <<high::16, String.to_integer(low, 16)::16>>
        string(rest, [done, :unicode.characters_to_binary(pair, {:utf16, :big})])

      {point, rest} ->
        string(rest, [done, <<point::utf8>>])
    end
  end

  defp escape(<<mark, rest::binary>>, done) do
    character = %{?n => "\n", ?t => "\t", ?r => "\r", ?b => "\b", ?f => "\f"}[mark] || <<mark>>
    string(rest, [done, character])
  end

  defp skip(<<space, rest::binary>>) when space in [?\s, ?\n, ?\r, ?\t], do: skip(rest)
  defp skip(text), do: text
end
