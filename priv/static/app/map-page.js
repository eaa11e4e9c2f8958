// The page of the map, which is built from assets/ where node is.

import { h } from "./html.js";

export const mapPage = {
  title: "Map",
  asks: () => ({}),
  /** Gives an element at once, and fills it when the map is loaded. */
  element() {
    const place = h("div", { class: "god", "aria-busy": "true" }, h("p", { class: "dim" }, "Loading the map…"));
    import("./map/god-view.js").then(
      () => place.replaceChildren(h("bmp-god-view", { src: "api/v1/map/stream" })),
      () =>
        place.replaceChildren(
          h(
            "div",
            { class: "empty" },
            h("p", {}, h("b", {}, "The map is not built here.")),
            h("p", {}, "It is built from npm when the station is set up, and that needs node and npm: install them (Debian: nodejs npm) and start bin/station again. The tables need nothing; what the map draws is at ", h("a", { href: "api/v1/map/stream" }, "api/v1/map/stream"), " for any Arrow client."),
          ),
        ),
    ).finally(() => place.removeAttribute("aria-busy"));
    return place;
  },
};
