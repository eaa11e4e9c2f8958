if Code.ensure_loaded?(Gnat) do
  defmodule ServiceRadar.BMP.Broker.JetStream.API do
    @moduledoc false
    # Requests to JetStream's API. Gnat's own Gnat.Jetstream.API waits a minute where JetStream does not answer, and its
    # pull request has no limit of bytes.

    @timeout 5_000

    @type error :: {:api, err_code :: integer, description :: String.t()} | :timeout | :no_responders | {:exit, term}

    @spec request(Gnat.t(), keyword, String.t(), map) :: {:ok, map} | {:error, error}
    def request(gnat, options, verb, body \\ %{}) do
      case Gnat.request(gnat, prefix(options[:domain]) <> verb, Jason.encode!(body), receive_timeout: @timeout) do
        {:ok, %{body: body}} -> answer(Jason.decode(body))
        {:error, reason} -> {:error, reason}
      end
    catch
      :exit, reason -> {:error, {:exit, reason}}
    end

    @doc "Publishes; `:error` where the connection is gone, whose end the link notices."
    @spec publish(Gnat.t(), String.t(), iodata, keyword) :: :ok | :error
    def publish(gnat, subject, body, options \\ []) do
      Gnat.pub(gnat, subject, body, options)
    catch
      :exit, _ -> :error
    end

    @spec prefix(String.t() | nil) :: String.t()
    def prefix(nil), do: "$JS.API."
    def prefix(domain), do: "$JS.#{domain}.API."

    @doc "A new subject for answers."
    @spec inbox(keyword) :: String.t()
    def inbox(options) do
      options[:inbox_prefix] <> Base.url_encode64(:crypto.strong_rand_bytes(12))
    end

    defp answer({:ok, %{"error" => error}}),
      do: {:error, {:api, error["err_code"] || error["code"], error["description"]}}

    defp answer({:ok, body}), do: {:ok, body}
    defp answer({:error, _}), do: {:error, {:api, 0, "an answer that is no JSON"}}
  end
end
