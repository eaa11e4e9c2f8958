if Code.ensure_loaded?(Gnat) do
  defmodule ServiceRadar.BMP.Broker.JetStream.Resets do
    @moduledoc false
    # Asks for a session to be closed, and closes those of this station that others ask for: see `Broker.JetStream`, "Resets".
    use GenServer

    require Logger

    alias ServiceRadar.BMP.{Config, Instance, Sessions}
    alias ServiceRadar.BMP.Broker.JetStream.{API, Connection, Link}

    @timeout 2_000

    @doc "Asks whoever has the session."
    @spec ask(Config.t(), String.t(), String.t(), String.t()) :: :ok | {:error, term}
    def ask(%Config{broker: {_, options}} = config, session_id, collector, reason) do
      body = Jason.encode!(%{session_id: session_id, collector: collector, reason: reason})

      with gnat when gnat != nil <- GenServer.whereis(Connection.name(config.name, options)),
           {:ok, %{body: "+OK"}} <- Gnat.request(gnat, subject(options), body, receive_timeout: @timeout) do
        :ok
      else
        nil -> {:error, :not_connected}
        {:ok, _other} -> {:error, :no_answer}
        {:error, reason} -> {:error, reason}
      end
    catch
      :exit, reason -> {:error, {:exit, reason}}
    end

    @doc "Where it is asked."
    @spec subject(keyword) :: String.t()
    def subject(options) do
      tokens = String.split(options[:subject_prefix], ".")
      Enum.join(Enum.take(tokens, max(length(tokens) - 1, 1)) ++ ["control", "reset"], ".")
    end

    def start_link(%Config{} = config),
      do: GenServer.start_link(__MODULE__, config, name: Instance.via(config.name, :resets))

    @impl true
    def init(%Config{broker: {_, options}} = config) do
      Link.join(config.name)
      {:ok, %{config: config, subject: subject(options), gnat: nil}}
    end

    # Once for each connection: the link tells of the same one again where only the stream is another.
    @impl true
    def handle_info({:link, gnat, _stream}, %{gnat: gnat} = state), do: {:noreply, state}
    def handle_info({:link, nil, _}, state), do: {:noreply, state}

    def handle_info({:link, gnat, _stream}, state) do
      {:ok, _sid} = Gnat.sub(gnat, self(), state.subject)
      {:noreply, %{state | gnat: gnat}}
    catch
      # The link will say that it is gone.
      :exit, _ -> {:noreply, state}
    end

    def handle_info({:msg, %{body: body} = message}, state) do
      with {:ok, %{"session_id" => session_id, "reason" => reason}} when is_binary(session_id) and is_binary(reason) <-
             Jason.decode(body),
           :ok <- reset(state.config, session_id, reason) do
        if message[:reply_to], do: API.publish(message.gnat, message.reply_to, "+OK")
      else
        {:error, :unknown} -> :ok
        _ -> Logger.warning("a request on #{state.subject} cannot be read and is left out")
      end

      {:noreply, state}
    end

    def handle_info(_other, state), do: {:noreply, state}

    # While the sessions' process starts anew there are none.
    defp reset(config, session_id, reason) do
      Sessions.reset(config, session_id, reason)
    catch
      :exit, _ -> {:error, :unknown}
    end
  end
end
