// The map in three dimensions: what the world is, as layers of deck.gl. Buffers go to the graphics card as they are.

import { COORDINATE_SYSTEM, Deck, OrbitView, type PickingInfo } from "@deck.gl/core";
import { TextLayer } from "@deck.gl/layers";
import { arcs, noArcs, type Arcs } from "./arcs";
import { ALL, filter, type Filter } from "./filter";
import { FlowLayer } from "./flow-layer";
import { project } from "./geography";
import type { Graph } from "./layout";
import { SymbolLayer } from "./symbol-layer";
import { GHOST, WITHDRAWN, type World } from "./world";

/** Names that are written beside their nodes. */
const MOST_NAMES = 120;

const short = (text: string) => (text.length > 64 ? `${text.slice(0, 63)}…` : text);

/** Of our own time in frames, in ms; `first`: since the page was asked for, when the first routes were drawn. */
export type Measured = { frames: number; p50: number; p99: number; most: number; drawn: number; first: number };

export class Scene {
  filter: Filter = { ...ALL };
  selected = -1;
  motion = true;
  /** Whether nodes are where they stand on the earth, as far as that is known. */
  geographic = false;
  /** Pieces that an arc is drawn of; nothing for as many as suit the number of arcs. */
  segments: number | null = null;
  /** Arcs as they are drawn, and how many routes they stand for. */
  arcs: Arcs = noArcs();
  wanted = 0;
  private wantedSlots = new Uint8Array();
  private selectedSlots = new Uint8Array();
  private positions = new Float32Array();
  private places = new Float32Array();
  private nodeMoods = new Float32Array();
  private sizes = new Float32Array();
  private nodeSlots = new Uint32Array();
  private known = new Uint8Array();
  private names: { slot: number; text: string }[] = [];
  /** Rises where nodes are elsewhere; and what it was when the names were set. */
  private arrangement = 0;
  private namesPlaced = -1;
  private laidOut = -1;
  /** The world that the worker lays out just now. */
  private layingOut: World | null = null;
  private changed = true;
  private framed = false;
  private readonly deck: Deck<OrbitView>;
  private readonly worker: Worker;
  private frame = 0;
  private version = 0;
  private readonly times = new Float32Array(4096);
  private timed = 0;
  private counted = 0;
  private first = 0;
  private drawn = 0;
  private stopped = false;

  constructor(
    private world: World,
    canvas: HTMLCanvasElement,
    workerUrl: string,
    readonly clock: () => number,
    private readonly told: { selected: (slot: number) => void; hovered: (slot: number, x: number, y: number) => void; filled: () => void },
  ) {
    this.worker = new Worker(workerUrl, { type: "module" });
    this.worker.addEventListener("message", ({ data }) => this.placed(data.slots, data.positions));
    this.deck = new Deck({
      canvas,
      width: "100%",
      height: "100%",
      views: new OrbitView({ orbitAxis: "Z", fovy: 45, far: 10000 }),
      initialViewState: { target: [0, 0, 0], rotationX: 48, rotationOrbit: 18, zoom: -0.6, minZoom: -4, maxZoom: 6 } as never,
      controller: true,
      pickingRadius: 6,
      layers: [],
      onClick: (info: PickingInfo) => this.told.selected(this.picked(info)),
      onHover: (info: PickingInfo) => this.told.hovered(this.picked(info), info.x, info.y),
      onAfterRender: () => {
        this.drawn++;
        if (!this.first && this.arcs.length) this.first = performance.now();
      },
    }) as never;
    this.frame = requestAnimationFrame(this.onFrame);
  }

  // By this name the browser's tracing tells what is ours of a frame.
  private readonly onFrame = () => {
    if (this.stopped) return;
    this.frame = requestAnimationFrame(this.onFrame);
    this.step();
  };

  stop(): void {
    this.stopped = true;
    cancelAnimationFrame(this.frame);
    this.worker.terminate();
    this.deck.finalize();
  }

  /** Lays all out anew. */
  arrange(geographic: boolean): void {
    this.geographic = geographic;
    this.known.fill(0);
    this.laidOut = -1;
  }

  /** Draws another world. What is in both stays where it is, selected and wanted. */
  show(world: World): void {
    if (world === this.world) return this.touch();
    const { nodes } = this.world;
    const slots = new Map(Array.from(world.nodes.slots.of.values(), (slot) => [world.nodes.name(slot), slot]));
    const same = (slot: number) => (slot < 0 ? -1 : (slots.get(nodes.name(slot)) ?? -1));
    const size = world.nodes.kind.length;
    const [positions, known] = [new Float32Array(3 * size), new Uint8Array(size)];
    for (const slot of nodes.slots.of.values()) {
      const now = same(slot);
      if (now < 0 || !this.known[slot]) continue;
      positions.set(this.positions.subarray(3 * slot, 3 * slot + 3), 3 * now);
      known[now] = 1;
    }
    this.selected = same(this.selected);
    this.filter.router = same(this.filter.router);
    [this.world, this.positions, this.known, this.laidOut] = [world, positions, known, -1];
    this.arrangement++;
    this.touch();
  }

  /** The world, the filter or the selection is another. */
  touch(): void {
    this.changed = true;
  }

  /** Does something whose time counts as that of the next frame. */
  count(work: () => void): void {
    const started = performance.now();
    work();
    this.counted += performance.now() - started;
  }

  /** Our own time in each of the last frames, in ms, and how often was drawn. */
  measured(): Measured {
    const count = Math.min(this.timed, this.times.length);
    const sorted = this.times.slice(0, count).sort();
    const at = (part: number) => sorted[Math.min(count - 1, Math.floor(part * count))] ?? 0;
    return { frames: this.timed, p50: at(0.5), p99: at(0.99), most: at(1), drawn: this.drawn, first: this.first };
  }

  forgetMeasured(): void {
    this.timed = this.drawn = 0;
  }

  /** Where on the canvas a node is. */
  at(slot: number): [number, number] | null {
    const view = this.deck.getViewports()[0];
    if (!view || !this.known[slot]) return null;
    const [x, y] = view.project([this.positions[3 * slot]!, this.positions[3 * slot + 1]!, this.positions[3 * slot + 2]!]);
    return [x!, y!];
  }

  // One frame: what has changed goes into the buffers; where nothing has and nothing moves, nothing is drawn.
  private step(): void {
    const started = performance.now();
    const now = this.clock();
    if (this.world.fade(now)) this.changed = true;
    if (this.world.shape !== this.laidOut) this.layOut();
    if (this.changed) {
      this.changed = false;
      this.fill();
      this.deck.setProps({ layers: this.layers() });
      this.told.filled();
    } else if (this.motion && this.arcs.length > 0 && !document.hidden) {
      (this.deck as unknown as { redraw(reason: string): void }).redraw("particles flow");
    } else if (this.world.fading) {
      (this.deck as unknown as { redraw(reason: string): void }).redraw("ghosts fade");
    }
    this.times[this.timed++ % this.times.length] = this.counted + performance.now() - started;
    this.counted = 0;
  }

  private layOut(): void {
    if (this.layingOut) return;
    this.laidOut = this.world.shape;
    const { nodes, links } = this.world;
    const slots = Uint32Array.from(nodes.slots.of.values());
    if (slots.length === 0) return;
    const place = new Map<number, number>();
    slots.forEach((slot, index) => place.set(slot, index));
    const pairs: number[] = [];
    for (const link of links.slots.of.values()) {
      const [from, to] = [place.get(links.source[link]!), place.get(links.destination[link]!)];
      if (from !== undefined && to !== undefined) pairs.push(from, to);
    }
    const before = new Float32Array(2 * slots.length).fill(NaN);
    slots.forEach((slot, index) => {
      if (this.known[slot]) before.set([this.positions[3 * slot]!, this.positions[3 * slot + 1]!], 2 * index);
    });
    const graph: Graph = { slots, kinds: slots.reduce((kinds, slot, index) => ((kinds[index] = nodes.kind[slot]!), kinds), new Uint8Array(slots.length)), before, links: Uint32Array.from(pairs) };
    if (this.geographic) {
      const column = (values: Float32Array) => Float32Array.from(slots, (slot) => values[slot]!);
      graph.places = project(column(nodes.latitude), column(nodes.longitude));
    }
    this.layingOut = this.world;
    this.worker.postMessage(graph);
  }

  private placed(slots: Uint32Array, positions: Float32Array): void {
    const meant = this.layingOut;
    this.layingOut = null;
    // Another world is shown by now, and what was laid out are not its slots.
    if (meant !== this.world) return void (this.laidOut = -1);
    const size = this.world.nodes.kind.length;
    if (this.positions.length < 3 * size) {
      const [larger, known] = [new Float32Array(3 * size), new Uint8Array(size)];
      larger.set(this.positions);
      known.set(this.known);
      [this.positions, this.known] = [larger, known];
    }
    this.known.fill(0);
    this.arrangement++;
    slots.forEach((slot, index) => {
      this.positions.set(positions.subarray(3 * index, 3 * index + 3), 3 * slot);
      this.known[slot] = 1;
    });
    this.framed = true;
    this.changed = true;
  }

  private fill(): void {
    const { world } = this;
    const count = world.routes.slots.count;
    if (this.wantedSlots.length < count) this.wantedSlots = new Uint8Array(2 * count);
    if (this.selectedSlots.length < count) this.selectedSlots = new Uint8Array(2 * count);
    this.wanted = this.framed ? filter(world, this.filter, this.wantedSlots) : 0;
    let selected: Uint8Array | null = null;
    if (this.selected >= 0) {
      selected = this.selectedSlots.fill(0);
      for (const slot of world.select(this.selected)) selected[slot] = 1;
      // Of a peer or router what was heard there is meant, too.
      for (let slot = 0; slot < count; slot++) if (world.routes.source[slot] === this.selected) selected[slot] = 1;
    }
    if (this.wanted) this.arcs = arcs(world, this.positions, this.wantedSlots, this.wanted, selected, this.arcs);
    else this.arcs = { ...this.arcs, length: 0 };
    this.fillNodes();
    this.version++;
  }

  private fillNodes(): void {
    const { nodes } = this.world;
    const slots: number[] = [];
    if (this.framed) for (const slot of nodes.slots.of.values()) if (this.known[slot]) slots.push(slot);
    this.nodeSlots = Uint32Array.from(slots);
    const warned = this.world.findings.atNodes(nodes.slots.of);
    if (this.places.length < 3 * slots.length) {
      this.places = new Float32Array(6 * slots.length);
      this.nodeMoods = new Float32Array(8 * slots.length);
      this.sizes = new Float32Array(2 * slots.length);
    }
    slots.forEach((slot, at) => {
      this.places.set(this.positions.subarray(3 * slot, 3 * slot + 3), 3 * at);
      this.nodeMoods.set([nodes.kind[slot]!, nodes.status[slot]!, nodes.since[slot]!, (slot === this.selected ? 2 : 1) + (warned.has(slot) ? 2 : 0)], 4 * at);
      this.sizes[at] = [15, 11, 7, 7][nodes.kind[slot]!]! + Math.min(9, Math.log2(1 + nodes.routes[slot]!) * 0.7) + (warned.has(slot) ? 5 : 0);
    });
    const names = slots
      .filter((slot) => nodes.status[slot] !== WITHDRAWN || warned.has(slot))
      .sort((one, other) => Number(warned.has(other)) - Number(warned.has(one)) || nodes.kind[one]! - nodes.kind[other]! || nodes.routes[other]! - nodes.routes[one]!)
      .slice(0, MOST_NAMES)
      .sort((one, other) => one - other)
      .map((slot) => ({ slot, text: warned.has(slot) ? `⚠ ${nodes.label[slot]}\n${short(warned.get(slot)!.text)}` : nodes.label[slot]! }));
    // Where they are the same as before they are the same array: then no letter is set again.
    const known = this.names.length === names.length && this.namesPlaced === this.arrangement;
    if (known && names.every(({ slot, text }, at) => slot === this.names[at]!.slot && text === this.names[at]!.text)) return;
    [this.names, this.namesPlaced] = [names, this.arrangement];
  }

  private picked(info: PickingInfo): number {
    return info.layer?.id === "nodes" && info.index >= 0 ? (this.nodeSlots[info.index] ?? -1) : -1;
  }

  private layers() {
    const common = { clock: this.clock, motion: this.motion, ghost: GHOST, coordinateSystem: COORDINATE_SYSTEM.CARTESIAN };
    const { arcs } = this;
    const column = (value: Float32Array, size: number) => ({ value, size });
    return [
      new FlowLayer({
        id: "routes",
        ...common,
        // Light upon light: none hides another, nor a node.
        parameters: { depthWriteEnabled: false },
        segments: this.segments ?? (arcs.length > 2000 ? 12 : 20),
        data: {
          version: this.version,
          length: arcs.length,
          attributes: {
            getSource: column(arcs.source, 3),
            getTarget: column(arcs.target, 3),
            getOldSource: column(arcs.oldSource, 3),
            getOldTarget: column(arcs.oldTarget, 3),
            getMood: column(arcs.mood, 4),
            getWeight: column(arcs.weight, 2),
          },
        },
      } as never),
      new SymbolLayer({
        id: "nodes",
        ...common,
        parameters: { depthCompare: "always" },
        pickable: true,
        data: {
          version: this.version,
          length: this.nodeSlots.length,
          attributes: { getPlace: column(this.places, 3), getMood: column(this.nodeMoods, 4), getSize: column(this.sizes, 1) },
        },
      } as never),
      this.names.length > 0 && new TextLayer<{ slot: number; text: string }>({
        id: "names",
        coordinateSystem: COORDINATE_SYSTEM.CARTESIAN,
        parameters: { depthCompare: "always" },
        data: this.names,
        getText: (name) => name.text,
        getPosition: (name) => [this.positions[3 * name.slot]!, this.positions[3 * name.slot + 1]!, this.positions[3 * name.slot + 2]!],
        getSize: 12,
        getPixelOffset: [0, 22],
        getColor: [225, 233, 242, 230],
        fontFamily: "system-ui, sans-serif",
        characterSet: "auto",
      }),
    ];
  }
}
