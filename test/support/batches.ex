defmodule ServiceRadar.BMP.Test.Batches do
  @moduledoc """
  Batches for tests of brokers and pipelines, written octet by octet after `proto/serviceradar/bmp/v1/batch.proto`.

  Batch 0 of a router starts its session and brings up a peer. Each later one changes the host route of a number: it is
  `{:announce, number, asn}` or `{:withdraw, number}`, and for batch `n` the announcement of route `n` if nothing else is said.
  """
  alias ServiceRadar.BMP.Batch
  alias ServiceRadar.BMP.Wire

  @doc "Batch `number` of a router (an integer)."
  def batch(number, router \\ 4, change \\ nil) do
    change = change || {:announce, number, 64_500}

    %Batch{
      id: "#{router}-#{number}",
      router_id: <<router::128>>,
      payload: IO.iodata_to_binary(payload(number, router, change)),
      messages: 1,
      routes: min(number, 1),
      events: 1
    }
  end

  @doc "The number of the route's prefix in `t:ServiceRadar.BMP.Deltas.changes/0`."
  def number(%{prefix: %{address: {10, a, b, c}, length: 32}}), do: a * 65_536 + b * 256 + c

  defp payload(number, router, change) do
    session = [bytes(1, <<router::128>>), bytes(3, "192.0.2.1"), int(4, 179), bytes(7, "test")]
    session = session ++ [bytes(8, <<router::128>>)]
    peer = [bytes(1, <<router::64, 1::64>>), bytes(4, <<192, 0, 2, 9>>), int(5, 64_500), bytes(6, <<192, 0, 2, 9>>)]
    # The first batch has two events.
    first = if number == 0, do: 0, else: number + 1
    events = if number == 0, do: start(), else: bytes(5, [int(2, 0), int(3, 1), bytes(16, routes(change))])
    [bytes(1, session), int(2, first), int(3, System.os_time(:microsecond)), bytes(4, peer), events]
  end

  defp start do
    up = [bytes(1, <<192, 0, 2, 1>>), int(2, 179), int(3, 179), bytes(4, open()), bytes(5, open())]
    [bytes(5, bytes(10, "")), bytes(5, [int(1, 1), int(2, 0), bytes(14, up)])]
  end

  defp routes({:announce, number, asn}) do
    group = [int(1, 1), int(2, 1), int(3, 1), bytes(5, <<192, 0, 2, 9>>), bytes(6, <<32, 10, number::24>>)]
    [bytes(1, [Wire.origin(0), Wire.as_path([64_500, asn])]), bytes(2, group)]
  end

  defp routes({:withdraw, number}), do: bytes(2, [int(1, 2), int(2, 1), int(3, 1), bytes(6, <<32, 10, number::24>>)])

  defp open, do: Wire.bgp(1, <<4, 64_500::16, 90::16, 10, 0, 0, 1, 0>>)

  # Protobuf -------------------------------------------------------------------------------------------------------

  defp int(field, value), do: [varint(field * 8), varint(value)]
  defp bytes(field, value), do: [varint(field * 8 + 2), varint(IO.iodata_length(value)), value]
  defp varint(value) when value < 128, do: <<value>>
  defp varint(value), do: [<<1::1, rem(value, 128)::7>>, varint(div(value, 128))]
end
