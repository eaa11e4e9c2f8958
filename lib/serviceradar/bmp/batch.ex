defmodule ServiceRadar.BMP.Batch do
  @moduledoc """
  What a session hands to the broker: consecutive events of one BMP session, encoded as the Protobuf message
  `serviceradar.bmp.v1.Batch`.

  * `:id` - `"<session id>-<first sequence>"`; the same content has the same id, so a broker can drop a second copy
  * `:router_id` - 16 octets of a UUID; the batches of one router are kept in order
  * `:payload` - the Protobuf
  * `:messages`, `:routes`, `:events` - how much is in it: BMP messages, announced and withdrawn routes, events
  """
  @enforce_keys [:id, :router_id, :payload]
  defstruct [:id, :router_id, :payload, messages: 0, routes: 0, events: 0]

  @type t :: %__MODULE__{
          id: String.t(),
          router_id: <<_::128>>,
          payload: binary,
          messages: non_neg_integer,
          routes: non_neg_integer,
          events: non_neg_integer
        }

  @doc """
  Which of `partitions` a router belongs to, on every node and in every version the same: CRC-32 of its id, modulo.

      iex> ServiceRadar.BMP.Batch.partition(<<1::128>>, 4)
      3
  """
  @spec partition(binary, pos_integer) :: non_neg_integer
  def partition(router_id, partitions), do: rem(:erlang.crc32(router_id), partitions)
end
