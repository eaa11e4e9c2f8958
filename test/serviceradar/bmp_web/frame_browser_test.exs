import ServiceRadar.BMP.Test.Needs

axe = Path.expand("../../../assets/node_modules/axe-core/axe.min.js", __DIR__)

needs [:packages, :browser] do
  defmodule ServiceRadar.BMPWeb.FrameBrowserTest do
    # A frame octet by octet, in a browser.
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.Wire
    alias ServiceRadar.BMPWeb.{Browser, Octets, Paths, Standalone}

    @axe axe
    @moduletag capture_log: true
    @moduletag timeout: 180_000

    test "octets are marked by pointer and by keys, it fits a phone, and axe-core finds nothing serious" do
      start_station!(BMP)
      start_supervised!({Standalone, port: 0})
      browser = start_supervised!(Browser)
      # Without it a window that is in front of nobody has no focus to tell of.
      Browser.command(browser, "Emulation.setFocusEmulationEnabled", %{enabled: true})
      update = Wire.update(attributes: Wire.mandatory([64_500, 64_501]), nlri: ["198.51.100.0/24"])
      octets = IO.iodata_to_binary(Wire.route_monitoring(update))
      url = Standalone.url() <> Paths.frame("", octets: Octets.hex(octets))

      for {scheme, width} <- [{"light", 1200}, {"dark", 400}] do
        features = [%{name: "prefers-color-scheme", value: scheme}]
        Browser.command(browser, "Emulation.setEmulatedMedia", %{features: features})
        size = %{width: width, height: 800, deviceScaleFactor: 1, mobile: width == 400}
        Browser.command(browser, "Emulation.setDeviceMetricsOverride", size)
        # Connected, and the module of the hook is there.
        Browser.open(
          browser,
          url,
          "document.querySelectorAll('.phx-connected .frame[data-listens] .octets b').length == #{byte_size(octets)}"
        )

        marked = "[...document.querySelectorAll('.octets b.marked')].map((octet) => octet.dataset.at)"
        key = &"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: '#{&1}', bubbles: true}))"

        # Over the prefix.
        over =
          "[...document.querySelectorAll('.fields .line')].findLast((line) => line.innerText.includes('198.51.100.0/24'))" <>
            ".dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))"

        Browser.evaluate(browser, over)
        last = byte_size(octets) - 1
        assert Browser.evaluate(browser, marked) == for(at <- (last - 3)..last, do: to_string(at))

        # From the first field to the version, and to the length behind it.
        Browser.evaluate(browser, "document.querySelector('[role=treeitem]').focus()")
        assert length(Browser.evaluate(browser, marked)) == byte_size(octets)
        for _ <- 1..3, do: Browser.evaluate(browser, key.("ArrowDown"))
        assert Browser.evaluate(browser, marked) == ~w(1 2 3 4)
        Browser.evaluate(browser, key.("ArrowLeft"))
        assert Browser.evaluate(browser, marked) == ~w(0 1 2 3 4 5)
        Browser.evaluate(browser, key.("ArrowLeft"))
        Browser.evaluate(browser, key.("ArrowDown"))
        assert Browser.evaluate(browser, "document.activeElement.querySelector('.name').innerText") == "peer_header"

        # An octet leads to the innermost field that has it.
        Browser.evaluate(browser, "document.querySelector('[data-at=\"3\"]').click()")
        assert Browser.evaluate(browser, "document.activeElement.querySelector('.name').innerText") == "length"
        Browser.picture(browser, "live-frame-#{scheme}")
        assert Browser.evaluate(browser, "document.documentElement.scrollWidth") == width
        Browser.evaluate(browser, File.read!(@axe) <> ";0")
        assert {scheme, Browser.serious(browser)} == {scheme, []}
      end

      assert Browser.complaints(browser) == []
    end
  end
end
