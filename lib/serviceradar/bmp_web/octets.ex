defmodule ServiceRadar.BMPWeb.Octets do
  @moduledoc """
  Octets as people have them at hand: hexadecimal, bare or as a tool dumps it.
  """

  @most 65_536

  @doc ~S"""
  The octets of a text: digits with or without spaces, colons and `0x`, or lines with an offset in front, as xxd, hexdump and Wireshark
  write them. What stands behind the octets of such a line is left out.

      iex> ServiceRadar.BMPWeb.Octets.parse("0x03 00:00 00 06\n04")
      {:ok, <<3, 0, 0, 0, 6, 4>>}
      iex> ServiceRadar.BMPWeb.Octets.parse("00000000: 0300 0000 0604                           ......")
      {:ok, <<3, 0, 0, 0, 6, 4>>}
      iex> ServiceRadar.BMPWeb.Octets.parse("00000000  03 00 00 00 06 04 00 02  00 05 72 74  |..........rt|\n0000000c")
      {:ok, <<3, 0, 0, 0, 6, 4, 0, 2, 0, 5, "rt">>}
      iex> ServiceRadar.BMPWeb.Octets.parse("03 0")
      {:error, "There is an odd number of digits."}
      iex> ServiceRadar.BMPWeb.Octets.parse("rtr-1")
      {:error, "\"r\" is no hexadecimal digit."}
  """
  @spec parse(String.t()) :: {:ok, binary} | {:error, String.t()}
  def parse(text) do
    digits = text |> String.split(["\n", "\r"], trim: true) |> Enum.map_join(&line/1)

    case Base.decode16(digits, case: :mixed) do
      {:ok, octets} when byte_size(octets) > @most -> {:error, "At most #{@most} octets are read here."}
      {:ok, octets} -> {:ok, octets}
      :error -> {:error, wrong(digits)}
    end
  end

  # An octet is two digits; xxd and tcpdump write one space or none between them, the others two in the middle of a line.
  @with_colon ~r/^\s*(?:0x)?[0-9a-f]{4,8}:\s+((?:[0-9a-f]{2} ?){0,16})/i
  @with_space ~r/^\s*[0-9a-f]{4,8}  +((?:[0-9a-f]{2} {0,2}){0,16})/i
  # hexdump's last line.
  @offset_alone ~r/^[0-9a-f]{7,8}\s*$/i

  defp line(line) do
    octets =
      with nil <- Regex.run(@with_colon, line), nil <- Regex.run(@with_space, line) do
        if Regex.match?(@offset_alone, line) and rem(String.length(String.trim(line)), 2) == 0 and
             String.starts_with?(line, "0000"),
           do: "",
           else: line
      else
        [_, octets] -> octets
      end

    String.replace(octets, ~r/0x|[\s:,]/i, "")
  end

  defp wrong(digits) do
    case Regex.run(~r/[^0-9a-f]/iu, digits) do
      [other] -> "#{inspect(other)} is no hexadecimal digit."
      nil -> "There is an odd number of digits."
    end
  end

  @doc """
  Octets in hexadecimal.

      iex> ServiceRadar.BMPWeb.Octets.hex(<<3, 255>>)
      "03ff"
  """
  def hex(octets), do: Base.encode16(octets, case: :lower)
end
