defmodule ServiceRadar.BMP.Insight.Webhook do
  @moduledoc """
  Posts the findings of `ServiceRadar.BMP.Insight` to somebody's URL: `:webhook` of the station's configuration, a keyword list.

  * `:url` - `"https://…"`, or `"http://…"` inside a network that is trusted
  * `:secret` - signs what is sent; default none
  * `:headers` - more headers, e.g. `[{"authorization", "Bearer …"}]`
  * `:cacertfile` - certificates that the server's is checked with; default the system's
  * `:timeout` - for how long an answer is waited for, in ms; default 10,000
  * `:retry_after` - until the second attempt, in ms, default 1,000; each next one waits twice as long, five minutes at most
  * `:give_up_after` - for how long it is tried, in ms; default a day
  * `:most` - findings that wait at most, the oldest give way; default 1,000

  The body of a POST is a JSON array of OCSF findings in their order: one, or those that came while the one before was under way. So
  a receiver that is slow, or was away, gets few requests. A storm is one alert already. What a person muted is not sent.

  | header | |
  |---|---|
  | `x-bmp-delivery` | names what is sent, the same for each attempt: who has it already may ignore it |
  | `x-bmp-timestamp` | seconds since 1970, of this attempt |
  | `x-bmp-signature` | `sha256=` and in hexadecimal HMAC-SHA256, by the secret, of timestamp, `.` and body |

  An answer of class 2xx is a receipt. No answer, 408, 425, 429 and 5xx are tried again; anything else is given up at once, and
  logged. What was not delivered when the station stops is lost: what is open is open still, and can be asked for.
  """
  use GenServer

  require Logger

  alias ServiceRadar.BMP.{Config, Instance, Telemetry}

  @defaults [
    url: nil,
    secret: nil,
    headers: [],
    cacertfile: nil,
    timeout: 10_000,
    retry_after: 1_000,
    give_up_after: 86_400_000,
    most: 1_000
  ]
  @longest_wait 300_000
  @at_once 100
  @again [408, 425, 429]

  @doc "Checks the option, which is nil or a keyword list, and fills in the defaults."
  @spec validate(term) :: {:ok, keyword | nil} | {:error, String.t()}
  def validate(nil), do: {:ok, nil}

  def validate(options) do
    with true <- Keyword.keyword?(options),
         {:ok, options} <- Keyword.validate(options, @defaults),
         true <- is_binary(options[:url]) and options[:url] =~ ~r{\Ahttps?://[^\s]+\z},
         true <- Enum.all?([:secret, :cacertfile], &(is_nil(options[&1]) or is_binary(options[&1]))),
         true <- Enum.all?(options[:headers], &match?({name, value} when is_binary(name) and is_binary(value), &1)),
         true <-
           Enum.all?([:timeout, :retry_after, :give_up_after, :most], &(is_integer(options[&1]) and options[&1] > 0)) do
      {:ok, options}
    else
      _ -> {:error, "a keyword list with a :url, and some of #{inspect(Keyword.keys(@defaults) -- [:url])}"}
    end
  end

  @doc false
  def start_link(%Config{} = config),
    do: GenServer.start_link(__MODULE__, config, name: Instance.via(config.name, :webhook))

  @doc "Has findings posted; returns at once."
  @spec put(Config.t(), [String.t()]) :: :ok
  def put(%Config{webhook: nil}, _findings), do: :ok

  def put(config, findings) do
    case Enum.reject(findings, &(&1 =~ ~s("muted":true))) do
      [] -> :ok
      findings -> GenServer.cast(Instance.via(config.name, :webhook), {:put, findings})
    end
  end

  @impl GenServer
  def init(config) do
    # An HTTP client of its own: what it keeps open ends with the station.
    profile = :"bmp_webhook_#{:erlang.phash2(config.name)}"
    for application <- [:inets, :ssl], do: {:ok, _} = Application.ensure_all_started(application)

    case :inets.start(:httpc, profile: profile) do
      {:ok, _} -> :ok
      {:error, {:already_started, _}} -> :ok
    end

    {:ok, %{station: config.name, options: config.webhook, profile: profile, waiting: :queue.new(), sending: nil}}
  end

  @impl GenServer
  def handle_cast({:put, findings}, state) do
    waiting = Enum.reduce(findings, state.waiting, &:queue.in/2)
    {:noreply, %{state | waiting: waiting} |> shorten() |> next()}
  end

  @impl GenServer
  def handle_info({:http, {request, result}}, %{sending: %{request: request} = sending} = state) do
    case result do
      {{_, status, _}, _headers, _body} when status in 200..299 ->
        {:noreply, next(%{state | sending: nil})}

      {{_, status, phrase}, _, _} when status in @again or status >= 500 ->
        {:noreply, again(state, "#{status} #{phrase}")}

      {{_, status, phrase}, _, _} ->
        {:noreply, next(lost(state, length(sending.findings), "#{status} #{phrase}"))}

      {:error, reason} ->
        {:noreply, again(state, inspect(reason))}
    end
  end

  def handle_info({:again, delivery}, %{sending: %{delivery: delivery}} = state), do: {:noreply, send_out(state)}
  def handle_info(_other, state), do: {:noreply, state}

  @impl GenServer
  def terminate(_reason, state), do: :inets.stop(:httpc, state.profile)

  defp shorten(state) do
    case :queue.len(state.waiting) - state.options[:most] do
      many when many > 0 ->
        {_dropped, waiting} = :queue.split(many, state.waiting)
        told(state, many, "more than #{state.options[:most]} wait")
        %{state | waiting: waiting}

      _ ->
        state
    end
  end

  defp next(%{sending: nil} = state) do
    count = min(:queue.len(state.waiting), @at_once)

    if count == 0 do
      state
    else
      {findings, waiting} = :queue.split(count, state.waiting)
      findings = :queue.to_list(findings)
      delivery = findings |> hash() |> binary_part(0, 32)
      sending = %{findings: findings, delivery: delivery, attempt: 1, since: now(), request: nil}
      send_out(%{state | waiting: waiting, sending: sending})
    end
  end

  defp next(state), do: state

  defp send_out(%{options: options, sending: sending} = state) do
    body = IO.iodata_to_binary([?[, Enum.intersperse(sending.findings, ?,), ?]])
    timestamp = Integer.to_string(System.os_time(:second))
    own = [{"x-bmp-delivery", sending.delivery}, {"x-bmp-timestamp", timestamp}] ++ signature(options, timestamp, body)
    headers = for {name, value} <- own ++ options[:headers], do: {to_charlist(name), to_charlist(value)}
    request = {to_charlist(options[:url]), headers, ~c"application/json", body}
    http = [timeout: options[:timeout], connect_timeout: options[:timeout], autoredirect: false] ++ tls(options)

    case :httpc.request(:post, request, http, [sync: false, body_format: :binary], state.profile) do
      {:ok, reference} -> %{state | sending: %{sending | request: reference}}
      {:error, reason} -> again(state, inspect(reason))
    end
  end

  defp signature(options, timestamp, body) do
    if options[:secret] do
      hmac = :crypto.mac(:hmac, :sha256, options[:secret], [timestamp, ".", body])
      [{"x-bmp-signature", "sha256=" <> Base.encode16(hmac, case: :lower)}]
    else
      []
    end
  end

  defp tls(options) do
    if options[:url] =~ ~r/\Ahttps:/ do
      from = if options[:cacertfile], do: [cacertfile: options[:cacertfile]], else: [cacerts: :public_key.cacerts_get()]
      check = [match_fun: :public_key.pkix_verify_hostname_match_fun(:https)]
      [ssl: [verify: :verify_peer, depth: 5, customize_hostname_check: check] ++ from]
    else
      []
    end
  end

  defp again(%{options: options, sending: sending} = state, reason) do
    wait = min(options[:retry_after] * 2 ** min(sending.attempt - 1, 20), @longest_wait)

    if now() + wait - sending.since > options[:give_up_after] do
      next(lost(state, length(sending.findings), reason))
    else
      if sending.attempt == 1, do: Logger.warning("the webhook does not take a finding, trying again: #{reason}")
      Process.send_after(self(), {:again, sending.delivery}, wait)
      %{state | sending: %{sending | attempt: sending.attempt + 1, request: nil}}
    end
  end

  defp lost(state, count, reason) do
    told(state, count, reason)
    %{state | sending: nil}
  end

  defp told(state, count, reason) do
    Logger.error("the webhook did not get #{count} findings: #{reason}")
    Telemetry.execute(:webhook, :lost, %{count: count}, %{station: state.station, reason: reason})
  end

  defp hash(findings), do: :crypto.hash(:sha256, findings) |> Base.encode16(case: :lower)
  defp now, do: System.monotonic_time(:millisecond)
end
