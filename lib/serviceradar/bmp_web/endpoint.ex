if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.Endpoint do
    @moduledoc false
    # The endpoint of the pages on their own; see ServiceRadar.BMPWeb.Standalone. A host application has its own.
    use Phoenix.Endpoint, otp_app: :serviceradar_bmp

    # The cookie holds a CSRF token and nothing else. Its key is made when the endpoint starts.
    @session [store: :cookie, key: "_serviceradar_bmp", signing_salt: "bmp pages", same_site: "Lax"]

    socket "/live", Phoenix.LiveView.Socket, websocket: [connect_info: [session: @session]], longpoll: false

    plug Plug.Session, @session
    plug ServiceRadar.BMPWeb.StandaloneRouter
  end
end
