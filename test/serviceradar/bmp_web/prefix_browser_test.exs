import ServiceRadar.BMP.Test.Needs

axe = Path.expand("../../../assets/node_modules/axe-core/axe.min.js", __DIR__)

needs [:packages, :postgres, :browser] do
  defmodule ServiceRadar.BMPWeb.PrefixBrowserTest do
    # A prefix through time, in a browser, over the store that keeps history.
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.Test.Postgres, as: Server
    alias ServiceRadar.BMP.Test.Servers
    alias ServiceRadar.BMP.Wire
    alias ServiceRadar.BMPWeb.{Browser, Paths, Standalone}

    @axe axe
    @moduletag capture_log: true
    @moduletag timeout: 180_000

    test "it is drawn, played back, fits a phone, and axe-core finds nothing serious" do
      server = Servers.postgres!()
      station = start_station!(BMP, store: {BMP.Store.Postgres, url: Server.url(server)})
      socket = connect!(station)
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up()])

      for path <- [[64_500], [64_501, 64_500], [64_502, 64_501, 64_500]] do
        update = Wire.update(attributes: Wire.mandatory(path), nlri: ["198.51.100.0/24"])
        :ok = :gen_tcp.send(socket, Wire.route_monitoring(update))
        last = length(path)

        eventually(fn ->
          match?({:ok, [%{as_path: found}], _} when length(found) == last, BMP.routes(prefix: "198.51.100.0/24"))
        end)
      end

      start_supervised!({Standalone, port: 0})
      browser = start_supervised!(Browser)

      for {scheme, width} <- [{"light", 1000}, {"dark", 400}] do
        features = [%{name: "prefers-color-scheme", value: scheme}]
        Browser.command(browser, "Emulation.setEmulatedMedia", %{features: features})
        size = %{width: width, height: 800, deviceScaleFactor: 1, mobile: width == 400}
        Browser.command(browser, "Emulation.setDeviceMetricsOverride", size)
        url = Standalone.url() <> Paths.prefix("", "198.51.100.0/24", "1h")
        Browser.open(browser, url, "document.querySelectorAll('.timeline rect').length == 3")
        Browser.evaluate(browser, "document.querySelector('#moment button').click()")
        # It goes from moment to moment until the last, when the table has it no more: that is now.
        Browser.wait(browser, "document.querySelector('#then')?.innerText.includes('64502 64501 64500')")
        Browser.picture(browser, "live-prefix-#{scheme}")
        assert Browser.evaluate(browser, "document.documentElement.scrollWidth") == width
        Browser.evaluate(browser, File.read!(@axe) <> ";0")
        assert {scheme, Browser.serious(browser)} == {scheme, []}
      end

      assert Browser.complaints(browser) == []
      :ok = stop_supervised(station)
    end
  end
end
