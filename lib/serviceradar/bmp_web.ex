if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb do
    @moduledoc """
    LiveView pages of a station: routers, peers, routes and what happens to them, as it happens.

    They bring their own style sheet and need no bundler. There are two ways to them.

    ## In a Phoenix application

        defmodule MyAppWeb.Router do
          use MyAppWeb, :router
          import ServiceRadar.BMPWeb.Router

          scope "/" do
            pipe_through [:browser, :require_operator]
            bmp_pages "/bmp", on_mount: [{MyAppWeb.UserAuth, :ensure_authenticated}]
          end
        end

    The pages use that application's endpoint, its session and its pipelines: who may see them is its decision. See
    `ServiceRadar.BMPWeb.Router` for layouts and other options. They show the station of `:station`, which has to run
    on the same node.

    ## On their own

    `ServiceRadar.BMPWeb.Standalone` starts an endpoint for them on Bandit, at http://127.0.0.1:4000 unless told
    otherwise; `mix bmp.station` does that. **It has no login**: whoever reaches the port sees the pages. They only
    read, but for the marks that a person puts on an alert.
    """

    @doc false
    def live_view do
      quote do
        use Phoenix.LiveView
        import ServiceRadar.BMPWeb.{Components, Shell}
        alias ServiceRadar.BMP
        alias ServiceRadar.BMPWeb.{Format, Live, Paths}
        @behaviour ServiceRadar.BMPWeb.Live
      end
    end

    @doc false
    defmacro __using__(:live_view), do: live_view()
  end
end
