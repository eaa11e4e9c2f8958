if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.ErrorHTML do
    @moduledoc false
    use Phoenix.Component

    def render(template, assigns) do
      assigns = %{
        status: Phoenix.Controller.status_message_from_template(template),
        __changed__: nil,
        conn: assigns[:conn]
      }

      ~H"""
      <!DOCTYPE html>
      <html lang="en">
        <head><meta charset="utf-8" /><meta name="color-scheme" content="light dark" /><title>{@status}</title></head>
        <body>
          <h1>{@status}</h1>
          <p><a href="/">ServiceRadar BMP</a></p>
        </body>
      </html>
      """
    end
  end
end
