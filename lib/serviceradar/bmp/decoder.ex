defmodule ServiceRadar.BMP.Decoder do
  @moduledoc """
  Remembers what it needs to read a stream of BMP: for each peer the capabilities of both OPENs (ADD-PATH by family and
  direction, width of AS numbers), and the octets of a message that is not yet whole.

  It lives in native memory and changes as it is used: it belongs to one stream.
  """
  alias ServiceRadar.BMP.Native

  @enforce_keys [:ref]
  defstruct [:ref]

  @type t :: %__MODULE__{ref: reference}

  @doc """
  A decoder for one stream.

  * `:max_message_bytes` - longest message; default 1 MiB
  """
  @spec new(keyword) :: t
  def new(options \\ []) do
    options = Keyword.validate!(options, max_message_bytes: 1_048_576)
    %__MODULE__{ref: Native.decoder_new(options[:max_message_bytes])}
  end

  defimpl Inspect do
    def inspect(_decoder, _opts), do: "#ServiceRadar.BMP.Decoder<>"
  end
end
