if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.Shell do
    @moduledoc false
    # What is around every page: where one is, whether it is live, and what went wrong.
    use Phoenix.Component

    alias ServiceRadar.BMPWeb.{Assets, Format, Paths}

    attr :base, :string, required: true
    attr :style?, :boolean, required: true
    attr :here, :atom, required: true
    attr :title, :string, required: true
    attr :paused, :boolean, required: true
    attr :missed, :integer, required: true
    attr :error, :string, default: nil
    attr :refused, :boolean, default: false, doc: "what was asked last is not allowed"
    attr :up, :any, default: nil, doc: "{name, path} of the page above"
    slot :beside, doc: "beside the title"
    slot :inner_block, required: true

    def shell(assigns) do
      ~H"""
      <div class="bmp">
        <link :if={@style?} rel="stylesheet" href={Assets.path(@base, :css)} />
        <a class="skip" href="#bmp-main">Skip to content</a>
        <header class="bar">
          <.link navigate={Paths.overview(@base)} class="brand">
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <circle cx="12" cy="12" r="10.5" /><circle cx="12" cy="12" r="5.5" /><path d="M12 12 19.5 4.5" /><circle
                class="dot"
                cx="12"
                cy="12"
                r="1.6"
              /><circle class="dot" cx="16.5" cy="15.5" r="1.3" />
            </svg>
            <span>ServiceRadar <b>BMP</b></span>
          </.link>
          <nav aria-label="Pages">
            <.tab here={@here} at={:overview} to={Paths.overview(@base)}>Routers</.tab>
            <.tab here={@here} at={:peers} to={Paths.peers(@base)}>Peers</.tab>
            <.tab here={@here} at={:routes} to={Paths.routes(@base)}>Routes</.tab>
            <.tab here={@here} at={:events} to={Paths.events(@base)}>Events</.tab>
            <.tab here={@here} at={:alerts} to={Paths.alerts(@base)}>Alerts</.tab>
            <.tab here={@here} at={:map} to={Paths.map(@base)}>Map</.tab>
          </nav>
          <div class="live">
            <span class="connection" role="status">
              <span class="when-on">{if @paused, do: "Paused", else: "Live"}</span>
              <span class="when-off">Not connected</span>
            </span>
            <button type="button" phx-click="bmp_pause" aria-pressed={to_string(@paused)}>
              {if @paused, do: resume(@missed), else: "Pause"}
            </button>
          </div>
        </header>
        <main id="bmp-main" tabindex="-1">
          <div class="title">
            <nav :if={@up} class="up" aria-label="Above">
              <.link navigate={elem(@up, 1)}>{elem(@up, 0)}</.link> <span aria-hidden="true">/</span>
            </nav>
            <h1>{@title}</h1>
            {render_slot(@beside)}
          </div>
          <div :if={@error} class="banner bad" role="alert">
            <b>The station cannot be read.</b> {@error} What is shown may be old; it is tried again every few seconds.
          </div>
          <div :if={@refused} class="banner warn" role="alert">You are not allowed to do that.</div>
          {render_slot(@inner_block)}
        </main>
      </div>
      """
    end

    defp resume(0), do: "Resume"
    defp resume(missed), do: "Resume (#{Format.count(missed)} changes)"

    attr :here, :atom, required: true
    attr :at, :atom, required: true
    attr :to, :string, required: true
    slot :inner_block, required: true

    defp tab(assigns) do
      ~H"""
      <.link navigate={@to} aria-current={if @here == @at, do: "page"}>{render_slot(@inner_block)}</.link>
      """
    end
  end
end
