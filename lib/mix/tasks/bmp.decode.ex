defmodule Mix.Tasks.Bmp.Decode do
  @shortdoc "Decodes a file of BMP messages"
  @moduledoc """
  Prints every message of a file, raw BMP or gzip of it, as the Elixir terms of `ServiceRadar.BMP.decode/2`.

      mix bmp.decode FILE

  For JSON, and for pcap files, there is `bmp-collector decode`.
  """
  use Mix.Task

  alias ServiceRadar.BMP

  @impl true
  def run([path]) do
    Mix.Task.run("compile")

    with {:ok, bytes} <- File.read(path),
         {:ok, messages, rest} <- bytes |> unzip() |> BMP.decode(BMP.Decoder.new()) do
      print(messages)
      if rest != "", do: Mix.raise("#{byte_size(rest)} octets at the end are no whole message")
    else
      {:error, %BMP.DecodeError{} = error} ->
        print(error.messages)
        Mix.raise(Exception.message(error))

      {:error, reason} ->
        Mix.raise("#{path}: #{:file.format_error(reason)}")
    end
  end

  def run(_), do: Mix.raise("one file, please: mix bmp.decode FILE")

  defp unzip(<<0x1F, 0x8B, _::binary>> = bytes), do: :zlib.gunzip(bytes)
  defp unzip(bytes), do: bytes

  defp print(messages), do: Enum.each(messages, &IO.puts(inspect(&1, pretty: true, limit: :infinity, width: 120)))
end
