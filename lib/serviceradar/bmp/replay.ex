defmodule ServiceRadar.BMP.Replay do
  @moduledoc """
  Plays a recorded BMP stream to a station over a real TCP connection, as a router would send it.

  For demonstrations and tests; `bmp-collector replay` does the same outside of a BEAM, and much faster.
  """

  @doc "The messages of a file, raw BMP or gzip of it."
  @spec messages(Path.t()) :: {:ok, [binary]} | {:error, String.t()}
  def messages(path) do
    with {:ok, bytes} <- File.read(path),
         {:ok, bytes} <- unzip(bytes),
         {:ok, messages} <- split(bytes, 0, []) do
      {:ok, messages}
    else
      {:error, reason} when is_atom(reason) -> {:error, "#{path}: #{:file.format_error(reason)}"}
      {:error, reason} -> {:error, "#{path}: #{reason}"}
    end
  end

  defp unzip(<<0x1F, 0x8B, _::binary>> = bytes) do
    {:ok, :zlib.gunzip(bytes)}
  rescue
    ErlangError -> {:error, "the gzip data is broken"}
  end

  defp unzip(bytes), do: {:ok, bytes}

  defp split(<<>>, _offset, messages), do: {:ok, Enum.reverse(messages)}

  defp split(<<_version, length::32, _::binary>> = bytes, offset, messages)
       when length > 5 and length <= byte_size(bytes) do
    <<message::binary-size(length), rest::binary>> = bytes
    split(rest, offset + length, [message | messages])
  end

  defp split(_, offset, _), do: {:error, "no whole BMP message at offset #{offset}"}

  @doc "The capture of a live router that ships with the package (`priv/sample`)."
  @spec sample() :: Path.t()
  def sample, do: Application.app_dir(:serviceradar_bmp, "priv/sample/frr-pair.bmp.gz")

  @doc """
  A process that connects, sends `messages` within about `:time` ms (default 3,000), then keeps the connection open
  until it is stopped, as a quiet router does.
  """
  @spec start_link(:inet.ip_address(), :inet.port_number(), [binary], keyword) :: {:ok, pid}
  def start_link(address, port, messages, options \\ []) do
    time = Keyword.get(options, :time, 3_000)
    Task.start_link(fn -> play(address, port, messages, time) end)
  end

  defp play(address, port, messages, time) do
    {:ok, socket} = :gen_tcp.connect(address, port, [:binary, active: true, nodelay: true])
    steps = max(1, div(time, 50))
    chunks = Enum.chunk_every(messages, max(1, div(length(messages) + steps - 1, steps)))

    with :ok <- send_all(socket, chunks, if(time > 0, do: 50, else: 0)) do
      receive do
        {:tcp_closed, ^socket} -> :ok
        {:tcp_error, ^socket, _} -> :ok
      end
    end
  end

  # A station that closes the connection ends the play.
  defp send_all(socket, chunks, pause) do
    Enum.reduce_while(chunks, :ok, fn chunk, :ok ->
      case :gen_tcp.send(socket, chunk) do
        :ok ->
          Process.sleep(pause)
          {:cont, :ok}

        {:error, _} = error ->
          {:halt, error}
      end
    end)
  end
end
