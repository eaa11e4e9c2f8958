data = System.get_env("SERVICERADAR_BMP_DATA") || Path.expand("../../../../shared/data", __DIR__)

if Path.wildcard(Path.join(data, "streams/*.bmp")) == [] do
  ServiceRadar.BMP.Test.LeftOut.file(__ENV__.file, "no folder of captures: SERVICERADAR_BMP_DATA names it")
else
  defmodule ServiceRadar.BMP.StreamsTest do
    @moduledoc "Sessions of real routers, where the folder of captures is there."
    use ExUnit.Case, async: true

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.Decoder

    @streams Path.wildcard(Path.join(data, "streams/*.bmp"))

    for path <- @streams do
      test "#{Path.basename(path)}: each message is a term, the same in any split" do
        stream = File.read!(unquote(path))
        assert {:ok, messages, ""} = BMP.decode(stream)
        assert Enum.map(messages, & &1.offset) == offsets(stream, 0)

        decoder = Decoder.new()
        pieces = for <<piece::binary-size(1_447) <- stream>>, do: piece
        last = binary_part(stream, byte_size(stream), -rem(byte_size(stream), 1_447))

        split =
          for piece <- pieces ++ [last],
              {:ok, messages, ""} = BMP.decode(piece, decoder),
              message <- messages,
              do: message

        assert split == messages
      end
    end

    defp offsets(<<>>, _offset), do: []

    defp offsets(<<_, length::32, _::binary>> = stream, offset),
      do: [offset | offsets(binary_part(stream, byte_size(stream), length - byte_size(stream)), offset + length)]
  end
end
