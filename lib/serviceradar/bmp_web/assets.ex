if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.Assets do
    @moduledoc false
    # The style sheet, the script and the module of a frame's page, compiled in, under names that change with their content. The script
    # is what Phoenix and LiveView ship, and ours after it.
    @behaviour Plug

    import Plug.Conn

    phoenix = Application.app_dir(:phoenix, "priv/static/phoenix.min.js")
    live_view = Application.app_dir(:phoenix_live_view, "priv/static/phoenix_live_view.min.js")
    static = Path.expand("../../../priv/static", __DIR__)

    sources = [
      js: [phoenix, live_view, Path.join(static, "bmp.js")],
      css: [Path.join(static, "bmp.css")],
      frame: [Path.join(static, "frame.js")]
    ]

    for {_, files} <- sources, file <- files, do: @external_resource(file)

    # Source maps of the packages are not served.
    read = fn file -> file |> File.read!() |> String.replace(~r{^//# sourceMappingURL=.*$}m, "") end

    @assets (for {type, files} <- sources, into: %{} do
               content = Enum.map_join(files, "\n", read)
               hash = :crypto.hash(:sha256, content) |> binary_part(0, 8) |> Base.encode16(case: :lower)
               {type, {"bmp-#{hash}.#{if type == :css, do: "css", else: "js"}", content}}
             end)

    @doc "The path of `:css`, `:js` or `:frame` under the pages' base path."
    def path(base, type), do: "#{base}/assets/#{@assets |> Map.fetch!(type) |> elem(0)}"

    # The map's files are built apart, and may be after this module was compiled. No other name is looked for.
    @map %{"god-view.js" => "text/javascript", "layout.js" => "text/javascript", "origins.wasm" => "application/wasm"}

    @doc "Whether the map is built."
    def map?, do: File.regular?(map_file("god-view.js"))

    @doc "The path of a file of the map under the pages' base path."
    def map_path(base, name), do: "#{base}/assets/map/#{name}"

    defp map_file(name), do: Path.join([:code.priv_dir(:serviceradar_bmp), "static/app/map", name])

    @impl true
    def init(action), do: action

    @impl true
    def call(%{path_params: %{"name" => name}} = conn, :map) do
      with type when type != nil <- @map[name], {:ok, content} <- File.read(map_file(name)) do
        conn
        |> put_private(:plug_skip_csrf_protection, true)
        |> put_resp_content_type(type)
        |> put_resp_header("cache-control", "no-cache")
        |> send_resp(200, content)
        |> halt()
      else
        _ -> missing(conn)
      end
    end

    def call(%{path_params: %{"name" => name}} = conn, _action) do
      case Enum.find(@assets, fn {_, {known, _}} -> known == name end) do
        {type, {_, content}} ->
          conn
          # Else a script that a page of another origin asks for would be refused with an exception.
          |> put_private(:plug_skip_csrf_protection, true)
          |> put_resp_content_type(if(type == :css, do: "text/css", else: "text/javascript"))
          |> put_resp_header("cache-control", "public, max-age=31536000, immutable")
          |> send_resp(200, content)
          |> halt()

        nil ->
          missing(conn)
      end
    end

    defp missing(conn), do: conn |> put_resp_content_type("text/plain") |> send_resp(404, "no such asset\n") |> halt()
  end
end
