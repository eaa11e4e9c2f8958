defmodule ServiceRadar.BMP.Prefix do
  @moduledoc """
  An IPv4 or IPv6 prefix: an `:inet` address whose bits after the length are 0, and the length.

      iex> prefix = ServiceRadar.BMP.Prefix.new!("192.0.2.0/24")
      iex> {prefix.address, prefix.length}
      {{192, 0, 2, 0}, 24}
      iex> to_string(prefix)
      "192.0.2.0/24"
      iex> ServiceRadar.BMP.Prefix.contains?(prefix, {192, 0, 2, 7})
      true
  """
  @enforce_keys [:address, :length]
  defstruct [:address, :length]

  @type t :: %__MODULE__{address: :inet.ip_address(), length: 0..128}

  @doc """
  Reads an `:inet` address, from text or a tuple.

      iex> ServiceRadar.BMP.Prefix.address("2001:db8::1")
      {:ok, {0x2001, 0xDB8, 0, 0, 0, 0, 0, 1}}
  """
  @spec address(String.t() | :inet.ip_address() | term) :: {:ok, :inet.ip_address()} | :error
  def address(text) when is_binary(text) do
    case :inet.parse_strict_address(to_charlist(text)) do
      {:ok, address} -> {:ok, address}
      {:error, _} -> :error
    end
  end

  def address(address) when is_tuple(address), do: if(:inet.is_ip_address(address), do: {:ok, address}, else: :error)
  def address(_), do: :error

  @doc """
  Reads a prefix, or an address as the prefix of itself. Bits after the length are cleared.

      iex> {:ok, prefix} = ServiceRadar.BMP.Prefix.parse("2001:db8::1/32")
      iex> prefix
      ServiceRadar.BMP.Prefix.new!("2001:db8::/32")
      iex> ServiceRadar.BMP.Prefix.parse("192.0.2.0/33")
      :error
  """
  @spec parse(String.t() | t | :inet.ip_address()) :: {:ok, t} | :error
  def parse(%__MODULE__{} = prefix), do: {:ok, prefix}

  def parse(text) when is_binary(text) do
    {address, length} =
      case String.split(text, "/", parts: 2) do
        [address, length] -> {address, Integer.parse(length)}
        [address] -> {address, :whole}
      end

    with {:ok, address} <- :inet.parse_strict_address(to_charlist(address)),
         {:ok, length} <- length(length, bits(address)) do
      {:ok, %__MODULE__{address: network(address, length), length: length}}
    else
      _ -> :error
    end
  end

  def parse(address) when is_tuple(address) do
    if :inet.is_ip_address(address),
      do: {:ok, %__MODULE__{address: address, length: bits(address)}},
      else: :error
  end

  def parse(_), do: :error

  @doc "The same; raises where it cannot be read."
  @spec new!(String.t() | t | :inet.ip_address()) :: t
  def new!(prefix) do
    case parse(prefix) do
      {:ok, prefix} -> prefix
      :error -> raise ArgumentError, "not an address or prefix: #{inspect(prefix)}"
    end
  end

  @doc "Whether the address lies in the prefix."
  @spec contains?(t, :inet.ip_address()) :: boolean
  def contains?(%__MODULE__{address: network, length: length}, address) do
    bits(network) == bits(address) and network(address, length) == network
  end

  defp length(:whole, bits), do: {:ok, bits}
  defp length({length, ""}, bits) when length >= 0 and length <= bits, do: {:ok, length}
  defp length(_, _bits), do: :error

  defp bits({_, _, _, _}), do: 32
  defp bits(_), do: 128

  defp network(address, length) do
    {unit, size} = if tuple_size(address) == 4, do: {8, 32}, else: {16, 128}
    whole = for part <- Tuple.to_list(address), into: <<>>, do: <<part::size(unit)>>
    <<kept::bitstring-size(length), _::bitstring>> = whole
    rest = size - length
    List.to_tuple(for <<(part::size(unit) <- <<kept::bitstring, 0::size(rest)>>)>>, do: part)
  end

  defimpl String.Chars do
    def to_string(%{address: address, length: length}), do: "#{:inet.ntoa(address)}/#{length}"
  end

  defimpl Inspect do
    def inspect(prefix, _opts), do: "ServiceRadar.BMP.Prefix.new!(\"#{prefix}\")"
  end
end
