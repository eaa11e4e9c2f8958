if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.StandaloneRouter do
    @moduledoc false
    use Phoenix.Router

    import Phoenix.LiveView.Router
    import ServiceRadar.BMPWeb.Router

    # Nothing from elsewhere, and nothing inline: the pages bring all they need. WebAssembly is the map's.
    @policy "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " <>
              "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

    pipeline :browser do
      plug :accepts, ["html", "json"]
      plug :fetch_session
      plug :protect_from_forgery
      plug :put_secure_browser_headers, %{"content-security-policy" => @policy}
    end

    scope "/" do
      pipe_through :browser
      bmp_pages("/")
    end
  end
end
