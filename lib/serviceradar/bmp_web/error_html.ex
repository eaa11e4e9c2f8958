if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.ErrorHTML do
    @moduledoc false
    use Phoenix.Component

    alias ServiceRadar.BMPWeb.Assets

    def render(template, assigns) do
      assigns = %{
        status: Phoenix.Controller.status_message_from_template(template),
        __changed__: nil,
        conn: assigns[:conn]
      }

      ~H"""
      <!DOCTYPE html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>{@status} · ServiceRadar BMP</title>
          <link rel="icon" href="data:," />
          <link rel="stylesheet" href={Assets.path("", :css)} />
        </head>
        <body class="bmp-body">
          <div class="bmp">
            <main>
              <div class="title"><h1>{@status}</h1></div>
              <div class="empty">
                <p><b>There is nothing at this address.</b></p>
                <p><a href="/">To the routers</a></p>
              </div>
            </main>
          </div>
        </body>
      </html>
      """
    end
  end
end
