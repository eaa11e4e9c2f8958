if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.Router do
    @moduledoc """
    Mounts the pages in a Phoenix router.

        import ServiceRadar.BMPWeb.Router

        scope "/" do
          pipe_through :browser
          bmp_pages "/bmp"
        end
    """

    @options [:station, :on_mount, :authorize, :authorize_event, :root_layout, :layout, :as, :socket_path]

    @doc """
    Routes to the pages under `path`, in a `live_session` of their own.

    * `:station` - name of the station to show; default `ServiceRadar.BMP`
    * `:on_mount` - hooks of the host, run before the pages' own; default none
    * `:authorize` - `{module, function, arguments}`: called with the `Plug.Conn` and the arguments before the endpoints of
      `ServiceRadar.BMPWeb.API` answer; all but `true` is refused. They are at `api/v1` under `path`. Hooks guard pages
      only: with `:on_mount` and without `:authorize` there are no endpoints. Without either, whom the pipeline lets through
      may ask them
    * `:authorize_event` - `{module, function, arguments}`: called with the `Phoenix.LiveView.Socket`, the name of an event and the
      arguments before every event of a page, such as `"acknowledge"` and `"mute"` of an alert; all but `true` is refused, and the page says so. Default: who
      sees a page may use it
    * `:root_layout` - `{module, template}` of the host in place of the pages' own. It has to load the host's own
      LiveView JavaScript, whose LiveSocket needs the hook `BmpGodView` for the map (`assets/src/element.ts` exports it); without the hook `BmpFrame` (`priv/static/frame.js` exports it, which needs no build) no octets are marked on the page of a frame; the pages still bring their style sheet, whose rules hold inside of them only
    * `:layout` - `{module, template}` around each page, inside the root layout; default none
    * `:as` - name of the `live_session`; default `:serviceradar_bmp`. Mounted twice, they need two names
    * `:socket_path` - where the endpoint has its LiveView socket; default `"/live"`. For the pages' own root layout
    """
    defmacro bmp_pages(path, options \\ []) do
      options =
        if Macro.quoted_literal?(options), do: Macro.prewalk(options, &expand_alias(&1, __CALLER__)), else: options

      quote bind_quoted: [path: path, options: options] do
        options = ServiceRadar.BMPWeb.Router.__check__(options)
        base = ServiceRadar.BMPWeb.Router.__base__(Phoenix.Router.scoped_path(__MODULE__, path))

        scope path, alias: false, as: false do
          import Phoenix.Router, only: [get: 4]
          import Phoenix.LiveView.Router, only: [live: 4, live_session: 3]

          live_session options[:as], ServiceRadar.BMPWeb.Router.__live_session__(base, options) do
            live "/", ServiceRadar.BMPWeb.OverviewLive, :overview, as: :bmp
            live "/routers/:id", ServiceRadar.BMPWeb.RouterLive, :router, as: :bmp
            live "/peers", ServiceRadar.BMPWeb.PeersLive, :peers, as: :bmp
            live "/peers/:id", ServiceRadar.BMPWeb.PeerLive, :peer, as: :bmp
            live "/routes", ServiceRadar.BMPWeb.RoutesLive, :routes, as: :bmp
            live "/route", ServiceRadar.BMPWeb.RouteLive, :route, as: :bmp
            live "/prefix", ServiceRadar.BMPWeb.PrefixLive, :prefix, as: :bmp
            live "/evpn", ServiceRadar.BMPWeb.EvpnLive, :evpn, as: :bmp
            live "/frame", ServiceRadar.BMPWeb.FrameLive, :frame, as: :bmp
            live "/events", ServiceRadar.BMPWeb.EventsLive, :events, as: :bmp
            live "/alerts", ServiceRadar.BMPWeb.AlertsLive, :alerts, as: :bmp
            live "/map", ServiceRadar.BMPWeb.MapLive, :map, as: :bmp
          end

          get "/assets/:name", ServiceRadar.BMPWeb.Assets, :show, as: :bmp_asset
          get "/assets/map/:name", ServiceRadar.BMPWeb.Assets, :map, as: :bmp_asset

          if ServiceRadar.BMPWeb.Router.__endpoints__?(options) do
            get ServiceRadar.BMPWeb.API.mount() <> "/*path",
                ServiceRadar.BMPWeb.Server.Plug,
                Keyword.take(options, [:station, :authorize]),
                as: :bmp_api
          end
        end
      end
    end

    defp expand_alias({:__aliases__, _, _} = alias, env), do: Macro.expand(alias, %{env | function: {:bmp_pages, 2}})
    defp expand_alias(other, _env), do: other

    @doc false
    def __check__(options) do
      for {key, _} <- options, key not in @options do
        raise ArgumentError, "bmp_pages knows #{Enum.map_join(@options, ", ", &inspect/1)}, not #{inspect(key)}"
      end

      Keyword.merge([station: ServiceRadar.BMP, as: :serviceradar_bmp, socket_path: "/live"], options)
    end

    @doc false
    def __endpoints__?(options), do: options[:authorize] != nil or List.wrap(options[:on_mount]) == []

    @doc false
    def __base__(path), do: String.trim_trailing(path, "/")

    @doc false
    def __live_session__(base, options) do
      [
        session: {__MODULE__, :__session__, [base, session(options)]},
        root_layout: options[:root_layout] || {ServiceRadar.BMPWeb.Layouts, :root},
        on_mount: List.wrap(options[:on_mount]) ++ [ServiceRadar.BMPWeb.Live]
      ]
    end

    # Where the document is the host's, the pages load their style sheet themselves.
    defp session(options) do
      options
      |> Keyword.take([:station, :authorize_event, :layout, :socket_path])
      |> Keyword.put(:style?, options[:root_layout] != nil)
      |> Keyword.put(:endpoints?, __endpoints__?(options))
    end

    @doc false
    # `script_name` is where the host's own router is forwarded to.
    def __session__(conn, base, options) do
      %{"bmp" => Map.new([{:base, Enum.map_join(conn.script_name, &("/" <> &1)) <> base} | options])}
    end
  end
end
