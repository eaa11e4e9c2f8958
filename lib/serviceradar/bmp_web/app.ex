defmodule ServiceRadar.BMPWeb.App do
  @moduledoc """
  The static application: tables of routers, peers and routes, with their search, in plain HTML and JavaScript that asks
  `ServiceRadar.BMPWeb.API`. Nothing has to be built for them. The map is, from `assets/`, with node and npm: where it is not, its page
  says so.
  """

  # Nothing from elsewhere, and nothing inline: the pages bring all they need. WebAssembly is the map's.
  @policy "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " <>
            "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

  @types %{
    ".html" => "text/html; charset=utf-8",
    ".js" => "text/javascript; charset=utf-8",
    ".css" => "text/css; charset=utf-8",
    ".wasm" => "application/wasm"
  }

  @typedoc "Its files, by their path in the URL."
  @type t :: %{[String.t()] => {type :: String.t(), content :: binary}}

  @doc "Reads its files, so that later no path of a request ever names a file."
  @spec read :: t
  def read do
    static = :serviceradar_bmp |> :code.priv_dir() |> Path.join("static")
    files = [{["bmp.css"], Path.join(static, "bmp.css")} | files(static, []) ++ files(static, ["map"])]
    files = for {path, file} <- files, type = @types[Path.extname(file)], do: {path, {type, File.read!(file)}}
    index = Enum.find_value(files, fn {path, file} -> if path == ["index.html"], do: file end)
    Map.new([{[], index} | files])
  end

  defp files(static, folder) do
    for file <- Path.wildcard(Path.join([static, "app" | folder] ++ ["*"])), do: {folder ++ [Path.basename(file)], file}
  end

  @doc "The response for a path, as `ServiceRadar.BMPWeb.API` gives them; nil where there is no such file."
  @spec respond(t, [String.t()]) :: ServiceRadar.BMPWeb.API.response() | nil
  def respond(app, path) do
    with {type, content} <- app[path] do
      headers = [
        {"content-type", type},
        {"cache-control", "no-cache"},
        {"content-security-policy", @policy},
        {"referrer-policy", "no-referrer"},
        {"x-content-type-options", "nosniff"}
      ]

      %{status: 200, headers: headers, body: content}
    end
  end
end
