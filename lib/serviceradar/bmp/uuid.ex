defmodule ServiceRadar.BMP.UUID do
  @moduledoc false
  # Identifiers of 16 octets as text, in every build: Ecto, which has the same, is in one of them only.

  @doc """
      iex> ServiceRadar.BMP.UUID.text(<<1::128>>)
      "00000000-0000-0000-0000-000000000001"
  """
  @spec text(<<_::128>>) :: String.t()
  def text(<<id::binary-16>>) do
    <<a::binary-8, b::binary-4, c::binary-4, d::binary-4, e::binary-12>> = Base.encode16(id, case: :lower)
    Enum.join([a, b, c, d, e], "-")
  end
end
