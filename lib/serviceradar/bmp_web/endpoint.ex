if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.Endpoint do
    @moduledoc false
    # The endpoint of the pages on their own; see ServiceRadar.BMPWeb.Standalone. A host application has its own.
    use Phoenix.Endpoint, otp_app: :serviceradar_bmp

    # The cookie holds a CSRF token and nothing else. Its key is made when the endpoint starts.
    @session [store: :cookie, key: "_serviceradar_bmp", signing_salt: "bmp pages", same_site: "Lax"]

    socket "/live", Phoenix.LiveView.Socket, websocket: [connect_info: [session: @session]], longpoll: false

    plug :known_host
    plug Plug.Session, @session
    plug ServiceRadar.BMPWeb.StandaloneRouter

    # Without a login, being on a loopback address is what keeps others out. A site whose name is made to resolve to it
    # would get around that (DNS rebinding); its name betrays it.
    defp known_host(conn, _options) do
      hosts = config(:known_hosts)

      if hosts == nil or conn.host in hosts do
        conn
      else
        conn
        |> Plug.Conn.put_resp_content_type("text/plain")
        |> Plug.Conn.send_resp(421, "These pages are not known as #{conn.host}: see the option :host.\n")
        |> Plug.Conn.halt()
      end
    end
  end
end
