if Code.ensure_loaded?(Plug.Conn) do
  defmodule ServiceRadar.BMPWeb.Server.Plug do
    @moduledoc """
    Serves `ServiceRadar.BMPWeb.API` within a host's router. `ServiceRadar.BMPWeb.Router.bmp_pages/2` mounts it.
    """
    @behaviour Plug

    import Plug.Conn

    alias ServiceRadar.BMPWeb.API

    @impl true
    def init(options), do: options

    @impl true
    def call(%{path_params: %{"path" => path}} = conn, options) do
      conn = fetch_query_params(conn)

      if authorised?(conn, options[:authorize]),
        do: respond(conn, path, options),
        else: answer(conn, API.problem(403, "Not for you."))
    end

    defp authorised?(_conn, nil), do: true
    defp authorised?(conn, {module, function, arguments}), do: apply(module, function, [conn | arguments]) == true

    defp respond(conn, path, options) do
      answer(
        conn,
        API.respond(%{
          method: conn.method,
          path: path,
          params: Map.filter(conn.query_params, fn {_, value} -> is_binary(value) end),
          base: "/" <> Enum.join(conn.script_name ++ Enum.drop(conn.path_info, -length(path)), "/"),
          station: options[:station],
          secret: conn.secret_key_base
        })
      )
    end

    defp answer(conn, response) do
      conn = Enum.reduce(response.headers, conn, fn {name, value}, conn -> put_resp_header(conn, name, value) end)
      conn |> send_body(response) |> halt()
    end

    defp send_body(conn, %{stream: _, status: status}) when conn.method == "HEAD", do: send_resp(conn, status, "")

    defp send_body(conn, %{stream: run, status: status}) do
      conn = send_chunked(conn, status)
      run.(fn octets -> if(match?({:ok, _}, chunk(conn, octets)), do: :ok, else: :error) end)
      conn
    end

    defp send_body(conn, response), do: send_resp(conn, response.status, response.body)
  end
end
