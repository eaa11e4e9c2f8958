if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.AlertsLive do
    @moduledoc false
    # What is wrong, why, and who has seen it.
    use ServiceRadar.BMPWeb, :live_view

    alias ServiceRadar.BMP.Insight

    @severities [:critical, :high, :medium, :low, :info]
    # For how long an alert can be muted, in hours.
    @hours [1, 8, 72]

    @impl Phoenix.LiveView
    def mount(_params, _session, socket) do
      {:ok,
       socket
       |> Live.subscribe("bmp:insight")
       |> assign(page_title: "Alerts", runs?: true, alerts: [], verdicts: [], hours: @hours)}
    end

    @impl Phoenix.LiveView
    def handle_params(_params, _uri, socket), do: {:noreply, Live.load(socket)}

    @impl Live
    def fetch(%{station: station}) do
      fn ->
        {:ok,
         %{
           runs?: Insight.runs?(station),
           alerts: Insight.alerts(station),
           verdicts: station |> Insight.verdicts() |> Enum.reverse()
         }}
      end
    end

    @impl Live
    def show(socket, answer, _fresh?) do
      worst_first = Enum.sort_by(answer.alerts, &{rank(&1.severity), -&1.opened_at_ms, &1.subject})
      assign(socket, %{answer | alerts: worst_first})
    end

    defp rank(severity), do: Enum.find_index(@severities, &(&1 == severity))

    @impl Phoenix.LiveView
    def handle_event("acknowledge", %{"rule" => rule, "subject" => subject}, socket),
      do: mark(socket, rule, subject, &{not Map.get(&1, :acknowledged, false), &1[:muted_until_ms]})

    def handle_event("mute", %{"rule" => rule, "subject" => subject, "hours" => hours}, socket) do
      until = if hours = hours(hours), do: System.system_time(:millisecond) + hours * 3_600_000
      mark(socket, rule, subject, &{Map.get(&1, :acknowledged, false), until})
    end

    defp hours(text), do: Enum.find(@hours, &(Integer.to_string(&1) == text))

    # Only what is open can be marked here.
    defp mark(socket, rule, subject, change) do
      with %{} = alert <- Enum.find(socket.assigns.alerts, &(&1.rule == rule and &1.subject == subject)) do
        {acknowledged, muted_until} = change.(alert)
        Insight.mark(socket.assigns.station, rule, subject, acknowledged, muted_until)
      end

      {:noreply, Live.load(socket)}
    end

    @impl Phoenix.LiveView
    def render(assigns) do
      ~H"""
      <.shell base={@base} style?={@style?} here={:alerts} title="Alerts" paused={@paused} missed={@missed} error={@error} refused={@refused}>
        <.empty :if={!@loading and !@runs?} title="This station concludes nothing.">
          <p>
            It was started without the option <span class="mono">insight: "insight.json"</span>; the guide What broke, and why
            tells what the file holds. An empty object, <span class="mono">{"{}"}</span>, is enough to begin with.
          </p>
        </.empty>
        <.empty :if={!@loading and @runs? and @alerts == []} title="No alert is open." />
        <div :if={@alerts != []} class="table cards">
          <table>
            <caption class="hidden">Alerts that are open, the severest first</caption>
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col">Severity</th>
                <th scope="col">Rule</th>
                <th scope="col">Open for</th>
                <th scope="col">What to do</th>
                <th scope="col">Marks</th>
              </tr>
            </thead>
            <tbody>
              <tr :for={alert <- @alerts} id={id(alert)}>
                <th scope="row" data-name="What">
                  {alert.subject}<small class="why">{alert.text}</small>
                  <small :if={length(prefixes(alert)) > 1} class="why mono">{some(prefixes(alert))}</small>
                  <details :if={alert.evidence != []}>
                    <summary>Evidence</summary>
                    <.evidence evidence={alert.evidence} />
                  </details>
                </th>
                <td data-name="Severity"><.state state={alert.severity} /></td>
                <td data-name="Rule">{Format.words(alert.rule)}</td>
                <td data-name="Open for"><.time at={alert.opened_at_ms * 1000} now={@now} /></td>
                <td data-name="What to do">{alert.runbook}</td>
                <td data-name="Marks">
                  <button
                    type="button"
                    phx-click="acknowledge"
                    phx-value-rule={alert.rule}
                    phx-value-subject={alert.subject}
                    aria-pressed={to_string(Map.get(alert, :acknowledged, false))}
                  >
                    {if Map.get(alert, :acknowledged), do: "Acknowledged", else: "Acknowledge"}
                  </button>
                  <form phx-change="mute" id={"mute-" <> id(alert)}>
                    <input type="hidden" name="rule" value={alert.rule} />
                    <input type="hidden" name="subject" value={alert.subject} />
                    <select name="hours" aria-label={"Mute #{alert.subject}"}>
                      <option value="" selected={!Map.get(alert, :muted)}>Not muted</option>
                      <option :if={Map.get(alert, :muted)} value="on" selected>Muted</option>
                      <option :for={hours <- @hours} value={hours}>Mute for {hours} h</option>
                    </select>
                  </form>
                </td>
              </tr>
            </tbody>
          </table>
        </div>
        <section :if={@verdicts != []} aria-labelledby="verdicts-title">
          <h2 id="verdicts-title">Why</h2>
          <div class="table cards">
            <table>
              <caption class="hidden">The last verdict of each subject, newest first</caption>
              <thead>
                <tr>
                  <th scope="col">What</th>
                  <th scope="col">Cause</th>
                  <th scope="col">Sure</th>
                  <th scope="col">Said (UTC)</th>
                  <th scope="col">It would change if</th>
                </tr>
              </thead>
              <tbody>
                <tr :for={verdict <- @verdicts}>
                  <th scope="row" data-name="What">
                    {verdict.subject}<small class="why">{verdict.text}</small>
                    <details :if={verdict.evidence != []}>
                      <summary>Evidence</summary>
                      <.evidence evidence={verdict.evidence} />
                    </details>
                  </th>
                  <td data-name="Cause">{Format.words(verdict.cause)}<small class="why">{verdict.class}</small></td>
                  <td class="number" data-name="Sure">{round(100 * verdict.confidence)} %</td>
                  <td data-name="Said"><.time at={verdict.at_ms * 1000} /></td>
                  <td data-name="It would change if">{verdict.would_change_if}</td>
                </tr>
              </tbody>
            </table>
          </div>
        </section>
      </.shell>
      """
    end

    attr :evidence, :list, required: true

    defp evidence(assigns) do
      ~H"""
      <ul class="evidence">
        <li :for={one <- @evidence}>
          {one.text}<small :if={one[:position]} class="why">{one[:router]}, message {one.position.sequence} of its session</small>
        </li>
      </ul>
      """
    end

    defp id(alert), do: "alert-" <> Integer.to_string(:erlang.phash2({alert.rule, alert.subject}), 36)
    defp prefixes(alert), do: Map.get(alert, :prefixes, [])

    defp some(prefixes) do
      {shown, more} = Enum.split(prefixes, 5)
      Enum.map_join(shown, ", ", &to_string/1) <> if(more == [], do: "", else: " and #{length(more)} more")
    end
  end
end
