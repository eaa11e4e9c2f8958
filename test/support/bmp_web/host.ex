if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.Host do
    @moduledoc """
    A host application as small as it can be: an endpoint, a router, a login and a layout of its own, which mounts the
    pages of several stations.
    """

    defmodule Layouts do
      use Phoenix.Component

      def root(assigns) do
        ~H"""
        <!DOCTYPE html>
        <html lang="en">
          <head><title>The host</title></head>
          <body id="host">{@inner_content}</body>
        </html>
        """
      end

      def around(assigns) do
        ~H"""
        <div id="around">{@user}</div>
        {@inner_content}
        """
      end
    end

    defmodule Auth do
      import Phoenix.Component
      import Phoenix.LiveView

      def on_mount(:user, _params, %{"user" => user}, socket), do: {:cont, assign(socket, :user, user)}
      def on_mount(:user, _params, _session, socket), do: {:halt, redirect(socket, to: "/login")}

      def may?(_socket, event, events), do: event in events

      def allowed?(conn, user), do: Plug.Conn.get_session(conn, "user") == user
    end

    defmodule Router do
      use Phoenix.Router
      import Phoenix.LiveView.Router
      import ServiceRadar.BMPWeb.Router

      pipeline :browser do
        plug :accepts, ["html"]
        plug :fetch_session
        plug :protect_from_forgery
      end

      scope "/" do
        pipe_through :browser

        bmp_pages "/sample", station: :pages_sample, as: :sample
        bmp_pages "/live", station: :pages_live, as: :live
        bmp_pages "/watched", station: :pages_live, as: :watched, authorize_event: {Auth, :may?, [["bmp_pause"]]}
        bmp_pages "/absent", station: :pages_absent, as: :absent

        bmp_pages "/guarded", as: :guarded, on_mount: [{Auth, :user}], authorize: {Auth, :allowed?, ["ada"]}

        scope "/ops" do
          bmp_pages "/bmp",
            station: :pages_sample,
            on_mount: [{Auth, :user}],
            root_layout: {Layouts, :root},
            layout: {Layouts, :around}
        end
      end
    end

    defmodule Endpoint do
      use Phoenix.Endpoint, otp_app: :serviceradar_bmp

      @session [store: :cookie, key: "_host", signing_salt: "host"]

      socket "/live", Phoenix.LiveView.Socket, websocket: [connect_info: [session: @session]]

      plug Plug.Session, @session
      plug Router
    end

    @doc "Starts the endpoint, without a port. Under the calling test, or its whole module."
    def start! do
      Application.put_env(:serviceradar_bmp, Endpoint,
        secret_key_base: String.duplicate("host", 16),
        live_view: [signing_salt: "host pages"],
        render_errors: [formats: [html: ServiceRadar.BMPWeb.ErrorHTML], layout: false]
      )

      ExUnit.Callbacks.start_supervised!(Endpoint)
    end
  end
end
