if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.Layouts do
    @moduledoc false
    # The HTML document around the pages, where the host gives none of its own.
    use Phoenix.Component

    alias ServiceRadar.BMPWeb.Assets

    def root(assigns) do
      ~H"""
      <!DOCTYPE html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="csrf-token" content={Plug.CSRFProtection.get_csrf_token()} />
          <meta name="bmp-socket" content={socket_path(@conn)} />
          <link rel="icon" href="data:," />
          <.live_title suffix=" · ServiceRadar BMP" default="Routers">{assigns[:page_title]}</.live_title>
          <link rel="stylesheet" href={Assets.path(@base, :css)} />
          <script defer src={Assets.path(@base, :js)}>
          </script>
        </head>
        <body class="bmp-body">
          <noscript>These pages need JavaScript to search and to follow changes.</noscript>
          {@inner_content}
        </body>
      </html>
      """
    end

    # Where the application is forwarded to, the socket is too.
    defp socket_path(conn), do: Enum.map_join(conn.script_name, &("/" <> &1)) <> conn.assigns.socket_path
  end
end
