// <bmp-god-view src="…/map/stream">: the map with its filters, its legend, and the same as a table.

import { h } from "./dom";
import { follow } from "./feed";
import { ALL, bestView } from "./filter";
import { SEVERITIES, type Finding } from "./findings";
import { MOST_ARCS } from "./arcs";
import { origins } from "./origins";
import { Past } from "./past";
import { Scene } from "./scene";
import { NODE_KINDS, STATUSES, World, WITHDRAWN } from "./world";

const NAMES = { router: "Router", peer: "Peer", next_hop: "Next hop", as: "AS" } as const;
const MOST_ROWS = 300;
const MOST_WARNINGS = 50;

const clock = () => performance.now() / 1000;

export class GodView extends HTMLElement {
  /** As it is, and as it is shown: that is another one where the past is looked at. */
  live!: World;
  world!: World;
  scene!: Scene;
  past!: Past;
  selectedIn = 0;
  private readonly abort = new AbortController();
  private view = "";
  private built = false;
  private parts!: { canvas: HTMLCanvasElement; says: HTMLElement; connection: HTMLElement; hover: HTMLElement; warnings: HTMLElement; about: HTMLElement; nodes: HTMLElement; view: HTMLSelectElement; router: HTMLSelectElement; layout: HTMLSelectElement };
  private listed = 0;
  private ticking: ReturnType<typeof setInterval> | undefined;

  async connectedCallback(): Promise<void> {
    if (this.built) return;
    this.built = true;
    const base = new URL(".", import.meta.url);
    const src = this.getAttribute("src") ?? "api/v1/map/stream";
    this.past = new Past(src, clock, (world) => this.show(world ?? this.live));
    this.build();
    this.live = this.world = new World(await origins(this.getAttribute("wasm") ?? new URL("origins.wasm", base).href));
    if (this.abort.signal.aborted) return;
    this.scene = new Scene(this.world, this.parts.canvas, this.getAttribute("worker") ?? new URL("layout.js", base).href, clock, {
      selected: (slot) => this.select(slot),
      hovered: (slot, x, y) => this.hover(slot, x, y),
      filled: () => this.tell(),
    });
    this.scene.motion = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.ticking = setInterval(() => this.past.tick(), 1000);
    void follow(src, {
      batch: (batch) => this.scene.count(() => {
        this.live.apply(batch, clock());
        this.past.recording.add(batch, clock());
        if (this.world !== this.live) return;
        this.choices();
        this.scene.touch();
      }),
      connected: (is) => this.connected(is),
    }, this.abort.signal);
  }

  disconnectedCallback(): void {
    this.abort.abort();
    clearInterval(this.ticking);
    this.past?.stop();
    this.scene?.stop();
  }

  private show(world: World): void {
    if (!this.scene) return;
    this.world = world;
    this.scene.show(world);
    this.choices();
    this.about(this.scene.selected, this.scene.selected >= 0 ? world.select(this.scene.selected).length : 0);
  }

  /** Selects the node of a slot, or with -1 none. */
  select(slot: number): void {
    const started = performance.now();
    const found = slot >= 0 ? this.world.select(slot).length : 0;
    this.selectedIn = performance.now() - started;
    this.scene.selected = slot;
    this.scene.touch();
    this.about(slot, found);
  }

  private build(): void {
    // It takes the keyboard: the arrows turn it.
    const canvas = h("canvas", { role: "img", "aria-label": "The routing topology in three dimensions. The same is in the table below." });
    const says = h("p", { class: "god-says", role: "status" }, "Waiting for the station…");
    const connection = h("span", { class: "god-connection" }, "connecting");
    const hover = h("div", { class: "god-hover", hidden: "" });
    const warnings = h("section", { class: "god-warnings", "aria-label": "Alerts", "aria-live": "polite", hidden: "" });
    const about = h("section", { class: "god-about", "aria-live": "polite" });
    const nodes = h("div");
    const select = (name: string, label: string, options: [string, string][], change: (value: string) => void) => {
      const element = h("select", { "aria-label": label, name }, ...options.map(([value, text]) => h("option", { value }, text)));
      element.addEventListener("change", () => {
        change(element.value);
        this.scene.touch();
      });
      return element;
    };
    const view = select("view", "View", [["", "All views"]], (value) => {
      this.scene.filter.view = value;
      this.choseView = value !== "";
    });
    const router = select("router", "Router", [["-1", "All routers"]], (value) => (this.scene.filter.router = Number(value)));
    const family = select("family", "Family", [["0", "All families"], ["1", "IPv4"], ["2", "IPv6"], ["25", "L2VPN"]], (value) => (this.scene.filter.afi = Number(value)));
    const status = select("status", "Status", [["-1", "Any status"], ["0", "active"], ["2", "flapping"], ["1", "withdrawn"]], (value) => (this.scene.filter.status = Number(value)));
    const layout = select("layout", "Layout", [["", "Topology"], ["earth", "Geography"]], (value) => this.scene.arrange(value === "earth"));
    layout.hidden = true;
    const search = h("input", { type: "search", "aria-label": "Prefix, AS, or name of a node", placeholder: "prefix, AS or node", "data-bmp-search": "" });
    search.addEventListener("input", () => {
      this.scene.filter.text = search.value;
      this.scene.touch();
    });
    const least = h("input", { type: "number", min: "0", "aria-label": "MED at least", placeholder: "MED at least" });
    least.addEventListener("input", () => {
      this.scene.filter.least = Math.max(0, Number(least.value) || 0);
      this.scene.touch();
    });
    const motion = h("button", { type: "button", "aria-pressed": "false" }, "Still");
    motion.addEventListener("click", () => {
      this.scene.motion = !this.scene.motion;
      motion.setAttribute("aria-pressed", String(!this.scene.motion));
      this.scene.touch();
    });
    const legend = h("ul", { class: "god-legend", "aria-label": "Legend" }, ...(["router", "peer", "next_hop", "as"] as const).map((kind) => h("li", { class: `is-${kind}` }, NAMES[kind])), ...["active", "flapping", "withdrawn", "stale"].map((name) => h("li", { class: `is-${name}` }, name)));
    const table = h("details", { class: "god-table" }, h("summary", {}, "The same as a table"), nodes);
    table.addEventListener("toggle", () => this.list());
    this.append(
      h("div", { class: "god-bar" }, search, view, family, status, router, least, layout, motion, connection),
      this.past.element,
      says,
      h("div", { class: "god-stage" }, canvas, hover, legend),
      warnings,
      about,
      table,
    );
    this.parts = { canvas, says, connection, hover, warnings, about, nodes, view, router, layout };
    this.search = search;
    this.view = "?";
    this.table = table;
  }

  private table!: HTMLDetailsElement;
  private search!: HTMLInputElement;
  private choseView = false;
  private warned = "";

  private connected(is: boolean): void {
    this.parts.connection.textContent = is ? "live" : "not connected";
    this.parts.connection.classList.toggle("on", is);
    this.dispatchEvent(new CustomEvent("bmp-connected", { detail: is, bubbles: true }));
  }

  // What there is, in words; and what can be chosen.
  private tell(): void {
    const { world, scene } = this;
    const held = [...world.nodes.slots.of.values()].reduce((sum, slot) => sum + (world.nodes.kind[slot] === 0 ? world.nodes.routes[slot]! : 0), 0);
    const told = world.routes.slots.of.size;
    const sentences = [`${world.nodes.slots.of.size} nodes and ${scene.wanted} of ${told} routes are drawn.`];
    if (scene.arcs.bundled) sentences.push(`More than ${MOST_ARCS} routes are drawn as bundles, the thicker the more routes.`);
    if (held > told) sentences.push(`The routers hold ${held} routes; ${world.most} at most are told one by one, the others are in the counts of their peers.`);
    this.parts.says.textContent = sentences.join(" ");
    if (this.table.open && clock() - this.listed > 1) this.list();
    this.warn();
  }

  // What is wrong and why, in words. It is made anew only where it is other than it was, so that who reads or clicks is left alone.
  private warn(): void {
    const { findings } = this.world;
    const [alerts, verdicts] = [findings.list("alert"), findings.list("verdict")];
    const now = JSON.stringify([alerts, verdicts]);
    if (now === this.warned) return;
    this.warned = now;
    const { warnings } = this.parts;
    warnings.hidden = !alerts.length && !verdicts.length;
    const item = (finding: Finding, name: string) => {
      const button = h("button", { type: "button" }, finding.subject);
      button.addEventListener("click", () => this.lead(finding));
      const more = finding.prefixes > 1 ? ` ${finding.prefixes} prefixes.` : "";
      return h("li", { class: finding.severity >= 0 ? `is-${SEVERITIES[finding.severity]}` : null }, h("b", {}, name), " ", button, ` ${finding.text}.${more}`);
    };
    const part = (title: string, items: HTMLElement[]) => (items.length ? [h("h2", {}, title), h("ul", {}, ...items)] : []);
    const words = (name: string) => name.replaceAll("_", " ");
    warnings.replaceChildren(
      ...part("Alerts", alerts.slice(0, MOST_WARNINGS).map((alert) => item(alert, `${SEVERITIES[alert.severity]}: ${words(alert.rule)}`))),
      ...part("Why", verdicts.slice(0, MOST_WARNINGS).map((verdict) => item(verdict, `${words(verdict.rule)}, ${Math.round(100 * (verdict.confidence ?? 0))} % sure`))),
    );
  }

  // To what a finding is about: its node, else the routes of its prefix.
  private lead(finding: Finding): void {
    const slot = finding.node == null ? undefined : this.world.nodes.slots.of.get(finding.node);
    if (slot !== undefined) return this.select(slot);
    this.search.value = this.scene.filter.text = finding.prefix || finding.subject;
    this.scene.touch();
  }

  private choices(): void {
    const { world, parts, scene } = this;
    const names = world.views.join();
    if (this.view !== names) {
      this.view = names;
      parts.view.replaceChildren(h("option", { value: "" }, "All views"), ...world.views.filter(Boolean).map((name) => h("option", { value: name }, name.replaceAll("_", " "))));
      // What was chosen stays, where another time is shown.
      if (!scene.filter.view || !this.choseView || !world.views.includes(scene.filter.view)) scene.filter.view = bestView(world);
      parts.view.value = scene.filter.view;
    }
    // Where nothing stands anywhere there is no such layout.
    parts.layout.hidden = !world.nodes.placed;
    const routers = [...world.nodes.slots.of.values()].filter((slot) => world.nodes.kind[slot] === 0);
    if (routers.length + 1 !== parts.router.options.length || parts.router.value !== String(scene.filter.router)) {
      parts.router.replaceChildren(h("option", { value: "-1" }, "All routers"), ...routers.map((slot) => h("option", { value: String(slot) }, world.nodes.label[slot]!)));
      parts.router.value = String(scene.filter.router);
    }
  }

  private hover(slot: number, x: number, y: number): void {
    const { hover } = this.parts;
    hover.hidden = slot < 0;
    if (slot < 0) return;
    const { nodes } = this.world;
    hover.textContent = `${NAMES[NODE_KINDS[nodes.kind[slot]!]!]} ${nodes.label[slot]} · ${STATUSES[nodes.status[slot]!]} · ${nodes.routes[slot]} routes`;
    hover.style.translate = `${x + 12}px ${y + 12}px`;
  }

  private about(slot: number, found: number): void {
    const { world, parts } = this;
    if (slot < 0) return parts.about.replaceChildren();
    const { nodes, routes } = world;
    const slots = [...world.select(slot).slice(0, MOST_ROWS)];
    const rows = slots.map((route) => [routes.prefix[route]!, nodes.label[routes.source[route]!]!, routes.path[route]!, routes.metric[route] ? String(routes.metric[route]! - 1) : "–", world.views[routes.view[route]!]!.replaceAll("_", " "), STATUSES[routes.status[route]!]!]);
    parts.about.replaceChildren(
      h("h2", {}, `${NAMES[NODE_KINDS[nodes.kind[slot]!]!]} ${nodes.label[slot]}`),
      h("p", { class: "dim" }, `${found} active routes originate here, found in ${this.selectedIn.toFixed(3)} ms by ${world.origins.kind}.${found > rows.length ? ` The first ${rows.length}:` : ""}`),
      ...(rows.length ? [grid("Routes that originate here", ["Prefix", "Heard from", "AS path", "MED", "View", "Status"], rows)] : []),
    );
  }

  // The same for those who cannot see the map.
  private list(): void {
    if (!this.table.open) return;
    this.listed = clock();
    const { nodes } = this.world;
    const slots = [...nodes.slots.of.values()].filter((slot) => nodes.status[slot] !== WITHDRAWN);
    slots.sort((one, other) => nodes.kind[one]! - nodes.kind[other]! || nodes.routes[other]! - nodes.routes[one]!);
    const rows = slots.slice(0, MOST_ROWS).map((slot) => {
      const button = h("button", { type: "button" }, nodes.label[slot]!);
      button.addEventListener("click", () => this.select(slot));
      const of = nodes.router[slot]! in nodes.label ? nodes.label[nodes.router[slot]!]! : "";
      return [button, NAMES[NODE_KINDS[nodes.kind[slot]!]!], STATUSES[nodes.status[slot]!]!, String(nodes.routes[slot]), of];
    });
    this.parts.nodes.replaceChildren(grid(slots.length > rows.length ? `The first ${rows.length} of ${slots.length} nodes` : "Nodes", ["Node", "Kind", "Status", "Routes", "Router"], rows));
  }
}

function grid(caption: string, names: string[], rows: (string | Node)[][]): HTMLElement {
  const body = rows.map((cells) => h("tr", {}, ...cells.map((cell, index) => h("td", { "data-name": names[index]! }, cell))));
  return h("div", { class: "table cards" }, h("table", {}, h("caption", { class: "hidden" }, caption), h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, ...body)));
}

if (!customElements.get("bmp-god-view")) customElements.define("bmp-god-view", GodView);

/** For LiveView: `hooks: {BmpGodView}` and `<div id="map" phx-hook="BmpGodView" phx-update="ignore" data-src="…">`. */
export const BmpGodView = {
  mounted(this: { el: HTMLElement }): void {
    const view = document.createElement("bmp-god-view");
    for (const name of ["src", "wasm", "worker"]) if (this.el.dataset[name]) view.setAttribute(name, this.el.dataset[name]!);
    this.el.append(view);
  },
};

export { ALL };
