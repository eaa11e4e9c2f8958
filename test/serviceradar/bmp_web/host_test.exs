import ServiceRadar.BMP.Test.Needs

needs [:packages] do
  defmodule ServiceRadar.BMPWeb.HostTest do
    # The pages in an application that mounts them: its login, its layouts, its path.
    use ExUnit.Case, async: false

    import Phoenix.ConnTest
    import Plug.Conn, only: [get_resp_header: 2]
    import Phoenix.LiveViewTest

    alias ServiceRadar.BMPWeb.Host

    @endpoint Host.Endpoint
    @moduletag capture_log: true

    setup do
      Host.start!()
      :ok
    end

    test "the host's hooks decide who comes in" do
      assert {:error, {:redirect, %{to: "/login"}}} = live(build_conn(), "/ops/bmp")
      conn = Plug.Test.init_test_session(build_conn(), %{"user" => "ada"})
      assert {:ok, view, _html} = live(conn, "/ops/bmp/peers")
      assert has_element?(view, "#around", "ada")
      assert has_element?(view, "h1", "Peers")
    end

    test "the host's document is around them, links stay under its path, and the style sheet comes with them" do
      conn = Plug.Test.init_test_session(build_conn(), %{"user" => "ada"})
      page = conn |> get("/ops/bmp") |> html_response(200) |> LazyHTML.from_document()
      assert page |> LazyHTML.query("body#host #around") |> LazyHTML.text() == "ada"
      assert page |> LazyHTML.query("title") |> LazyHTML.text() == "The host"
      assert page |> LazyHTML.query("script") |> Enum.count() == 0

      for href <- page |> LazyHTML.query(".bmp a:not(.skip)") |> LazyHTML.attribute("href") do
        assert href == "/ops/bmp" or String.starts_with?(href, "/ops/bmp/")
      end

      [style] = page |> LazyHTML.query(".bmp link[rel=stylesheet]") |> LazyHTML.attribute("href")
      response = get(conn, style)
      assert response.status == 200
      assert ["text/css" <> _] = get_resp_header(response, "content-type")
      assert get_resp_header(response, "cache-control") == ["public, max-age=31536000, immutable"]
      assert get(conn, "/ops/bmp/assets/bmp.css").status == 404
    end

    test "without layouts of the host they bring their own document and script" do
      conn = get(build_conn(), "/sample")
      page = conn |> html_response(200) |> LazyHTML.from_document()
      assert [script] = page |> LazyHTML.query("head script[defer]") |> LazyHTML.attribute("src")
      assert [_] = page |> LazyHTML.query("link[rel=stylesheet]") |> LazyHTML.attribute("href")
      assert page |> LazyHTML.query("meta[name=bmp-socket]") |> LazyHTML.attribute("content") == ["/live"]
      response = get(build_conn(), script)
      assert response.resp_body =~ "LiveSocket"
      refute response.resp_body =~ "sourceMappingURL"
    end

    test "the endpoints are under the host's path, and its function decides who may ask" do
      conn = get(build_conn(), "/sample/api/v1/openapi.json")
      assert %{"servers" => [%{"url" => "/sample/api/v1"}]} = json_response(conn, 200)
      assert %{"detail" => "The station does not run."} = json_response(get(build_conn(), "/sample/api/v1/counts"), 503)
      assert %{"errors" => %{"as" => _}} = json_response(get(build_conn(), "/sample/api/v1/routes?as=x"), 400)

      # Hooks guard pages only: where there are some, there are no endpoints unless a function guards them.
      assert get(Plug.Test.init_test_session(build_conn(), %{"user" => "ada"}), "/ops/bmp/api/v1/counts").status == 404
      assert json_response(get(build_conn(), "/guarded/api/v1/openapi.json"), 403)
      conn = Plug.Test.init_test_session(build_conn(), %{"user" => "ada"})
      assert json_response(get(conn, "/guarded/api/v1/openapi.json"), 200)
    end

    test "an option that does not exist is an error when the router is compiled" do
      assert_raise ArgumentError, ~r/knows :station, :on_mount.* not :colour/, fn ->
        ServiceRadar.BMPWeb.Router.__check__(colour: :red)
      end
    end
  end
end
