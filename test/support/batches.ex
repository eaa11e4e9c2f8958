defmodule ServiceRadar.BMP.Test.Batches do
  @moduledoc """
  Batches for tests of brokers and pipelines, written octet by octet after `proto/serviceradar/bmp/v1/batch.proto`.

  Batch 0 of a router starts its session and brings up a peer; batch `n` announces the host route that `n` is the number
  of, as the router's event `n`.
  """
  alias ServiceRadar.BMP.Batch
  alias ServiceRadar.BMP.Wire

  @doc "Batch `number` of a router (an integer), of a session."
  def batch(number, router \\ 4, epoch \\ 1) do
    %Batch{
      id: "#{router}-#{epoch}-#{number}",
      router_id: <<router::128>>,
      payload: IO.iodata_to_binary(payload(number, router, epoch)),
      messages: 1,
      routes: min(number, 1),
      events: 1
    }
  end

  @doc "The number of the route's prefix in `t:ServiceRadar.BMP.Deltas.changes/0`."
  def number(%{prefix: %{address: {10, a, b, c}, length: 32}}), do: a * 65_536 + b * 256 + c

  defp payload(number, router, epoch) do
    session = [bytes(1, <<router::128>>), int(2, epoch), bytes(3, "192.0.2.1"), int(4, 179), bytes(7, "test")]
    peer = [bytes(1, <<router::64, 1::64>>), bytes(4, <<192, 0, 2, 9>>), int(5, 64_500), bytes(6, <<192, 0, 2, 9>>)]
    # The first batch has two events.
    first = if number == 0, do: 0, else: number + 1
    [bytes(1, session), int(2, first), int(3, 1_700_000_000_000_000 + number), bytes(4, peer), events(number)]
  end

  defp events(0) do
    up = [bytes(1, <<192, 0, 2, 1>>), int(2, 179), int(3, 179), bytes(4, open()), bytes(5, open())]
    [bytes(5, bytes(10, "")), bytes(5, [int(1, 1), int(2, 0), bytes(14, up)])]
  end

  defp events(number) do
    group = [int(1, 1), int(2, 1), int(3, 1), bytes(5, <<192, 0, 2, 9>>), bytes(6, <<32, 10, number::24>>)]
    routes = [bytes(1, [Wire.origin(0), Wire.as_path([64_500])]), bytes(2, group)]
    bytes(5, [int(2, 0), int(3, 1), bytes(16, routes)])
  end

  defp open, do: Wire.bgp(1, <<4, 64_500::16, 90::16, 10, 0, 0, 1, 0>>)

  # Protobuf -------------------------------------------------------------------------------------------------------

  defp int(field, value), do: [varint(field * 8), varint(value)]
  defp bytes(field, value), do: [varint(field * 8 + 2), varint(IO.iodata_length(value)), value]
  defp varint(value) when value < 128, do: <<value>>
  defp varint(value), do: [<<1::1, rem(value, 128)::7>>, varint(div(value, 128))]
end
