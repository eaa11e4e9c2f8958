defmodule ServiceRadar.BMP.Listener.TcpMd5 do
  @moduledoc false
  # TCP MD5 signatures (RFC 2385): every segment of a router's connection is signed with a key that both sides know.
  #
  # The kernel does it. It is told the key of each source at the listening socket, and from then on drops what such a source
  # sends without a signature, or with a wrong one, before anybody here hears of it. Keys are read when the listener starts, and
  # are in no configuration and no log.

  alias ServiceRadar.BMP.Prefix

  # Linux: IPPROTO_TCP, TCP_MD5SIG_EXT, TCP_MD5SIG_FLAG_PREFIX, AF_INET, AF_INET6, and the size of a sockaddr_storage.
  @tcp 6
  @md5sig_ext 32
  @prefix 1
  @inet 2
  @inet6 10
  @address 128
  @longest 80

  @type keys :: [{Prefix.t(), key :: binary}]

  @doc """
  Reads a file of keys: a line each, the address or prefix and after it the key. `#` begins a comment. What is wrong is told
  without the key.
  """
  @spec read(Path.t()) :: {:ok, keys} | {:error, String.t()}
  def read(path) do
    case File.read(path) do
      {:ok, text} -> text |> String.split("\n") |> Enum.with_index(1) |> parse([], path)
      {:error, reason} -> {:error, "#{path}: #{:file.format_error(reason)}"}
    end
  end

  defp parse([], keys, _path), do: {:ok, Enum.reverse(keys)}

  defp parse([{line, number} | rest], keys, path) do
    case line |> String.trim() |> key(keys) do
      nil -> parse(rest, keys, path)
      {:error, text} -> {:error, "#{path}, line #{number}: #{text}"}
      key -> parse(rest, [key | keys], path)
    end
  end

  defp key("", _keys), do: nil
  defp key("#" <> _comment, _keys), do: nil

  defp key(line, keys) do
    with [source, key] <- String.split(line, ~r/\s+/, parts: 2),
         {:ok, prefix} <- Prefix.parse(source) do
      cond do
        byte_size(key) > @longest -> {:error, "a key has at most #{@longest} octets"}
        List.keymember?(keys, prefix, 0) -> {:error, "#{source} has a key already"}
        true -> {prefix, key}
      end
    else
      [_no_key] -> {:error, "it is SOURCE KEY"}
      :error -> {:error, "the source is an address or a prefix"}
    end
  end

  @doc "Tells the kernel the keys of a listening socket of a family."
  @spec set(:gen_tcp.socket(), :inet | :inet6, keys) :: :ok | {:error, String.t()}
  def set(socket, family, keys) do
    Enum.reduce_while(keys, :ok, fn {source, key}, :ok ->
      case tell(socket, family, source, key) do
        :ok -> {:cont, :ok}
        {:error, text} -> {:halt, {:error, "the key of #{source}: #{text}"}}
      end
    end)
  end

  defp tell(socket, family, source, key) do
    case {:os.type(), sockaddr(source.address, family)} do
      {{:unix, :linux}, address} when is_binary(address) ->
        case :inet.setopts(socket, [{:raw, @tcp, @md5sig_ext, option(address, source.length, key)}]) do
          :ok -> :ok
          {:error, :enoprotoopt} -> {:error, "this kernel has no TCP MD5 signatures (CONFIG_TCP_MD5SIG)"}
          {:error, reason} -> {:error, "#{:inet.format_error(reason)}"}
        end

      {{:unix, :linux}, nil} ->
        {:error, "it is IPv6, and the station listens on an IPv4 address"}

      _other_system ->
        {:error, "TCP MD5 signatures are set on Linux only"}
    end
  end

  # struct tcp_md5sig
  defp option(address, prefix_length, key) do
    padding = @address - byte_size(address)
    rest = @longest - byte_size(key)

    <<address::binary, 0::size(padding)-unit(8), @prefix, prefix_length, byte_size(key)::16-native, 0::32, key::binary,
      0::size(rest)-unit(8)>>
  end

  defp sockaddr({a, b, c, d}, :inet), do: <<@inet::16-native, 0::16, a, b, c, d>>

  # The length of the prefix stays that of IPv4.
  defp sockaddr({a, b, c, d}, :inet6),
    do: <<@inet6::16-native, 0::16, 0::32, 0::80, 0xFFFF::16, a, b, c, d, 0::32>>

  defp sockaddr(address, :inet6) when tuple_size(address) == 8,
    do:
      <<@inet6::16-native, 0::16, 0::32, for(part <- Tuple.to_list(address), into: <<>>, do: <<part::16>>)::binary,
        0::32>>

  defp sockaddr(_address, :inet), do: nil
end
