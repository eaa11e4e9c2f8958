if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.Components do
    @moduledoc false
    # The small parts that pages are made of.
    use Phoenix.Component

    alias ServiceRadar.BMPWeb.{Format, Paths}

    attr :label, :string, required: true
    attr :value, :any, required: true
    attr :note, :string, default: nil
    attr :tone, :string, default: nil
    attr :to, :string, default: nil

    @doc "A number with its name."
    def tile(assigns) do
      ~H"""
      <div class={["tile", @tone]}>
        <dt>{@label}</dt>
        <dd>
          <.link :if={@to} navigate={@to}>{@value}</.link><span :if={!@to}>{@value}</span>
          <small :if={@note}>{@note}</small>
        </dd>
      </div>
      """
    end

    attr :state, :atom, required: true

    @doc "State of a router or peer, severity of an alert, or what RPKI says of a route: a word, and a colour beside it."
    def state(assigns) do
      ~H"""
      <span class={["state", tone(@state)]}>{Format.words(@state)}</span>
      """
    end

    defp tone(state) when state in [:up, :connected, :valid], do: "good"
    defp tone(state) when state in [:down, :disconnected, :critical, :high, :invalid], do: "bad"
    defp tone(state) when state in [:stale, :medium], do: "warn"
    defp tone(_), do: "dim"

    attr :at, :any, required: true, doc: "DateTime or microseconds since the Unix epoch"
    attr :now, :any, default: nil, doc: "then it is told how long ago"

    def time(assigns) do
      assigns = assign(assigns, :datetime, Format.datetime(assigns.at))

      ~H"""
      <time :if={@datetime} datetime={DateTime.to_iso8601(@datetime)} title={"#{DateTime.to_string(@datetime)}"}>{if @now,
        do: Format.ago(@datetime, @now),
        else: Format.time(@datetime)}</time><span :if={!@datetime} class="none">–</span>
      """
    end

    attr :value, :any, required: true

    @doc "A value, or a dash where there is none."
    def value(assigns) do
      ~H"""
      <span :if={@value in [nil, "", []]} class="none">–</span>{if @value not in [nil, "", []], do: @value}
      """
    end

    attr :label, :string, required: true
    slot :inner_block, required: true

    @doc "A line of a `<dl class=\"facts\">`."
    def fact(assigns) do
      ~H"""
      <div>
        <dt>{@label}</dt>
        <dd>{render_slot(@inner_block)}</dd>
      </div>
      """
    end

    attr :points, :any, required: true, doc: "as of an SVG polyline"
    attr :label, :string, required: true

    @doc "Numbers through time, as a small line; see `ServiceRadar.BMPWeb.Plot`."
    def plot(assigns) do
      ~H"""
      <svg class="spark plot" viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label={@label}>
        <title>{@label}</title>
        <polyline points={@points} />
      </svg>
      """
    end

    attr :title, :string, required: true
    slot :inner_block

    @doc "In place of a table that has no rows."
    def empty(assigns) do
      ~H"""
      <div class="empty">
        <p><b>{@title}</b></p>
        {render_slot(@inner_block)}
      </div>
      """
    end

    attr :base, :string, required: true
    attr :asn, :integer, required: true

    @doc "An AS number that leads to the routes through it."
    def asn(assigns) do
      ~H"""
      <.link class="mono" navigate={Paths.routes(@base, as: @asn)}>AS{@asn}</.link>
      """
    end

    attr :base, :string, required: true
    attr :community, :string, required: true

    def community(assigns) do
      ~H"""
      <.link class="chip mono" navigate={Paths.routes(@base, community: @community)}>{@community}<small :if={
        Format.well_known(@community)
      }> {Format.well_known(@community)}</small></.link>
      """
    end

    @doc "What kind of change."
    attr :change, :any, required: true

    def change(assigns) do
      ~H"""
      <span class={["change", change_tone(to_string(@change))]}>{Format.words(@change)}</span>
      """
    end

    defp change_tone(kind) when kind in ~w(announce peer_up session_start), do: "good"
    defp change_tone(kind) when kind in ~w(withdraw peer_down session_end expired termination), do: "bad"
    defp change_tone(kind) when kind in ~w(change swept), do: "warn"
    defp change_tone(_), do: "dim"
  end
end
