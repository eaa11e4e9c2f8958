if Code.ensure_loaded?(Gnat) do
  defmodule ServiceRadar.BMP.Broker.JetStream.DeadLetters do
    @moduledoc false
    # Keeps batches that cannot be read in a stream of their own, with the reason, until somebody looks at them.

    alias ServiceRadar.BMP.Broker.JetStream.API

    @timeout 5_000
    @max_bytes 64 * 1024 * 1024

    @spec put(Gnat.t() | nil, keyword, non_neg_integer, binary, String.t()) :: :ok | {:error, term}
    def put(nil, _options, _partition, _payload, _reason), do: {:error, :not_connected}

    def put(gnat, options, partition, payload, reason) do
      headers = [{"Bmp-Reason", one_line(reason)}, {"Bmp-Partition", Integer.to_string(partition)}]

      with {:error, _no_stream} <- publish(gnat, options, payload, headers),
           :ok <- create(gnat, options),
           do: publish(gnat, options, payload, headers)
    end

    defp publish(gnat, options, payload, headers) do
      with {:ok, %{body: body}} <-
             Gnat.request(gnat, options[:dead_letter_subject], payload, headers: headers, receive_timeout: @timeout),
           {:ok, %{"seq" => _}} <- Jason.decode(body) do
        :ok
      else
        {:ok, %{"error" => error}} -> {:error, error["description"]}
        {:ok, _} -> {:error, :no_answer_of_jetstream}
        {:error, reason} -> {:error, reason}
      end
    catch
      :exit, reason -> {:error, {:exit, reason}}
    end

    # The oldest give way: dead letters are no reason to stop.
    defp create(gnat, options) do
      stream = %{
        name: name(options),
        description: "Batches of #{options[:stream]} that could not be read",
        subjects: [options[:dead_letter_subject]],
        storage: "file",
        retention: "limits",
        discard: "old",
        max_bytes: @max_bytes,
        num_replicas: options[:replicas]
      }

      with {:ok, _} <- API.request(gnat, options, "STREAM.CREATE.#{name(options)}", stream), do: :ok
    end

    defp name(options), do: options[:stream] <> "-DEAD"

    # Header values are one line of ASCII.
    defp one_line(reason), do: reason |> String.replace(~r/[^\x20-\x7e]/, "?") |> String.slice(0, 500)
  end
end
