// What the stream has told: nodes, links and routes, in columns, and the few alerts and verdicts. A thing keeps its slot in the columns for as long as it is.

import type { RecordBatch } from "apache-arrow";
import { Findings } from "./findings";
import { InJavaScript, type Origins } from "./origins";
import { BatchRows, type Rows } from "./rows";

export const STATUSES = ["active", "withdrawn", "flapping", "stale", "down"] as const;
export const NODE_KINDS = ["router", "peer", "next_hop", "as"] as const;
export const WITHDRAWN = 1;
const NONE = 0xffffffff;

/** For how long what is withdrawn is still seen, in seconds. */
export const GHOST = 4;

/** A column that grows. */
function grown<T extends Uint8Array | Uint32Array | Float32Array>(column: T, size: number): T {
  const larger = new (column.constructor as new (size: number) => T)(size);
  larger.set(column as never);
  return larger;
}

/** Slots by the ids of the stream. */
class Slots {
  readonly of = new Map<number, number>();
  private free: number[] = [];
  count = 0;

  take(id: number): number {
    const slot = this.free.pop() ?? this.count++;
    this.of.set(id, slot);
    return slot;
  }

  give(id: number): void {
    const slot = this.of.get(id);
    if (slot === undefined) return;
    this.of.delete(id);
    this.free.push(slot);
  }

  clear(): void {
    this.of.clear();
    this.free = [];
    this.count = 0;
  }
}

/** The same columns in buffers of their own. */
function copy<T extends { slots: Slots }>(from: T, into: T): void {
  const { slots, ...columns } = from;
  Object.assign(into, structuredClone(columns));
  Object.assign(into.slots, structuredClone({ ...slots }));
}

export class Nodes {
  readonly slots = new Slots();
  kind = new Uint8Array(64);
  status = new Uint8Array(64);
  since = new Float32Array(64);
  routes = new Float32Array(64);
  asn = new Uint32Array(64);
  router = new Uint32Array(64);
  /** Where it stands, in degrees; NaN where that is not known. */
  latitude = new Float32Array(64);
  longitude = new Float32Array(64);
  label: string[] = [];

  /** Whether it is known where at least one stands. */
  get placed(): boolean {
    return [...this.slots.of.values()].some((slot) => !Number.isNaN(this.latitude[slot]!));
  }

  /** What a node is, where slots and ids are other ones. */
  name(slot: number): string {
    const router = this.label[this.router[slot]!] ?? "";
    return `${this.kind[slot]} ${this.label[slot]} ${router}`;
  }

  reserve(size: number): void {
    if (size <= this.kind.length) return;
    const to = Math.max(size, this.kind.length * 2);
    for (const name of ["kind", "status", "since", "routes", "asn", "router", "latitude", "longitude"] as const) (this as any)[name] = grown(this[name], to);
  }
}

export class Links {
  readonly slots = new Slots();
  source = new Uint32Array(64);
  destination = new Uint32Array(64);
  status = new Uint8Array(64);
  routes = new Float32Array(64);

  reserve(size: number): void {
    if (size <= this.source.length) return;
    const to = Math.max(size, this.source.length * 2);
    for (const name of ["source", "destination", "status", "routes"] as const) (this as any)[name] = grown(this[name], to);
  }
}

/** Where a route originates, and whether it is active, is in the columns of `Origins`. */
export class Routes {
  readonly slots = new Slots();
  source = new Uint32Array(1024);
  oldSource = new Uint32Array(1024);
  oldDestination = new Uint32Array(1024);
  router = new Uint32Array(1024);
  /** Seconds of the page's clock: since when it is in its state, and when its path moved. */
  since = new Float32Array(1024);
  shifted = new Float32Array(1024);
  status = new Uint8Array(1024);
  view = new Uint8Array(1024);
  afi = new Uint32Array(1024);
  /** One more than the metric; 0 where there is none. */
  metric = new Float32Array(1024);
  used = new Uint8Array(1024);
  prefix: string[] = [];
  path: string[] = [];

  reserve(size: number): boolean {
    if (size <= this.source.length) return false;
    const to = Math.max(size, this.source.length * 2);
    for (const name of ["source", "oldSource", "oldDestination", "router", "since", "shifted", "status", "view", "afi", "metric", "used"] as const)
      (this as any)[name] = grown(this[name], to);
    return true;
  }
}

export class World {
  readonly nodes = new Nodes();
  readonly links = new Links();
  readonly routes = new Routes();
  readonly findings = new Findings();
  revision = 0;
  /** Routes that are told one by one at most. */
  most = 0;
  pictures = 0;
  views: string[] = [];
  /** Rises where nodes or links came or went: then there is something to lay out. */
  shape = 0;
  private stale = true;
  private ghosts: { kind: "node" | "link" | "route"; id: number; at: number }[] = [];

  constructor(readonly origins: Origins) {
    origins.reserve(this.routes.source.length);
  }

  /** Takes what a batch tells. `now` is the page's clock in seconds. */
  apply(batch: RecordBatch, now: number): void {
    this.take(new BatchRows(batch), 0, batch.numRows, now);
  }

  /** Takes some of the rows. */
  take(rows: Rows, from: number, until: number, now: number): void {
    for (let row = from; row < until; row++) {
      this.revision = Math.max(this.revision, Number(rows.revision.value(row)));
      const kind = rows.kind.text(row);
      switch (kind) {
        case "picture":
          this.clear();
          this.most = rows.metric.value(row);
          break;
        case "node":
          this.node(rows, row, now);
          break;
        case "link":
          this.link(rows, row, now);
          break;
        case "route":
          this.route(rows, row, now);
          break;
        case "alert":
        case "verdict":
          this.finding(kind, rows, row);
      }
    }
  }

  /** The same, which goes its own way from now on. */
  copy(): World {
    const world = new World(new InJavaScript());
    copy(this.nodes, world.nodes);
    copy(this.links, world.links);
    copy(this.routes, world.routes);
    for (const [id, finding] of this.findings.of) world.findings.of.set(id, finding);
    world.origins.reserve(this.routes.source.length);
    world.origins.nodes.set(this.origins.nodes);
    world.origins.active.set(this.origins.active);
    Object.assign(world, { revision: this.revision, most: this.most, views: [...this.views], shape: this.shape });
    world.ghosts = [...this.ghosts];
    return world;
  }

  private clear(): void {
    this.pictures++;
    for (const things of [this.nodes, this.links, this.routes]) things.slots.clear();
    this.findings.of.clear();
    this.routes.used.fill(0);
    this.origins.active.fill(0);
    this.ghosts = [];
    this.revision = 0;
    this.shape++;
    this.stale = true;
  }

  private node(rows: Rows, row: number, now: number): void {
    const { nodes } = this;
    const id = rows.id.value(row);
    let slot = nodes.slots.of.get(id);
    const status = rows.status.value(row);
    if (slot === undefined) {
      slot = nodes.slots.take(id);
      nodes.reserve(slot + 1);
      nodes.kind[slot] = rows.nodeKind.value(row);
      nodes.since[slot] = now;
      this.shape++;
    } else if (nodes.status[slot] !== status) nodes.since[slot] = now;
    nodes.status[slot] = status;
    nodes.routes[slot] = Number(rows.routes.value(row));
    nodes.asn[slot] = rows.asn.isNull(row) ? 0 : rows.asn.value(row);
    nodes.router[slot] = rows.router.isNull(row) ? NONE : (nodes.slots.of.get(rows.router.value(row)) ?? NONE);
    nodes.latitude[slot] = rows.latitude.isNull(row) ? NaN : rows.latitude.value(row);
    nodes.longitude[slot] = rows.longitude.isNull(row) ? NaN : rows.longitude.value(row);
    nodes.label[slot] = rows.label.text(row);
    if (status === WITHDRAWN) this.ghosts.push({ kind: "node", id, at: now });
  }

  private link(rows: Rows, row: number, now: number): void {
    const { links, nodes } = this;
    const id = rows.id.value(row);
    const [source, destination] = [nodes.slots.of.get(rows.source.value(row)), nodes.slots.of.get(rows.destination.value(row))];
    if (source === undefined || destination === undefined) return;
    let slot = links.slots.of.get(id);
    if (slot === undefined) {
      slot = links.slots.take(id);
      links.reserve(slot + 1);
      this.shape++;
    }
    links.source[slot] = source;
    links.destination[slot] = destination;
    links.status[slot] = rows.status.value(row);
    links.routes[slot] = Number(rows.routes.value(row));
    if (links.status[slot] === WITHDRAWN) this.ghosts.push({ kind: "link", id, at: now });
  }

  private route(rows: Rows, row: number, now: number): void {
    const { routes, nodes, origins } = this;
    const id = rows.id.value(row);
    const [source, destination] = [nodes.slots.of.get(rows.source.value(row)), nodes.slots.of.get(rows.destination.value(row))];
    if (source === undefined || destination === undefined) return;
    const status = rows.status.value(row);
    let slot = routes.slots.of.get(id);
    if (slot === undefined) {
      slot = routes.slots.take(id);
      if (routes.reserve(slot + 1)) origins.reserve(routes.source.length);
      routes.since[slot] = now;
      routes.shifted[slot] = -1e6;
      routes.oldSource[slot] = source;
      routes.oldDestination[slot] = destination;
      routes.view[slot] = this.viewOf(rows, row);
      routes.afi[slot] = rows.afi.value(row);
      routes.prefix[slot] = rows.prefix.text(row);
      routes.used[slot] = 1;
    } else {
      if (routes.status[slot] !== status) routes.since[slot] = now;
      if (routes.source[slot] !== source || origins.nodes[slot] !== destination) {
        routes.oldSource[slot] = routes.source[slot]!;
        routes.oldDestination[slot] = origins.nodes[slot]!;
        routes.shifted[slot] = now;
      }
    }
    routes.source[slot] = source;
    routes.status[slot] = status;
    routes.router[slot] = nodes.slots.of.get(rows.router.value(row)) ?? NONE;
    routes.metric[slot] = rows.metric.isNull(row) ? 0 : rows.metric.value(row) + 1;
    routes.path[slot] = rows.label.text(row);
    origins.nodes[slot] = destination;
    origins.active[slot] = status === WITHDRAWN ? 0 : 1;
    this.stale = true;
    if (status === WITHDRAWN) this.ghosts.push({ kind: "route", id, at: now });
  }

  private finding(kind: "alert" | "verdict", rows: Rows, row: number): void {
    const id = rows.id.value(row);
    if (rows.status.value(row) === WITHDRAWN) return void this.findings.of.delete(id);
    this.findings.of.set(id, {
      kind,
      node: rows.source.isNull(row) ? null : rows.source.value(row),
      subject: rows.subject.text(row),
      rule: rows.rule.text(row),
      severity: rows.severity.isNull(row) ? -1 : rows.severity.value(row),
      confidence: rows.confidence.isNull(row) ? null : rows.confidence.value(row),
      text: rows.label.text(row),
      prefix: rows.prefix.text(row),
      prefixes: Number(rows.routes.value(row)),
    });
  }

  private viewOf(rows: Rows, row: number): number {
    const name = rows.view.text(row);
    const at = this.views.indexOf(name);
    return at >= 0 ? at : this.views.push(name) - 1;
  }

  /** Forgets what has been withdrawn for long enough. Whether there was any. */
  fade(now: number): boolean {
    const gone = this.ghosts.filter((ghost) => now - ghost.at > GHOST);
    if (!gone.length) return false;
    this.ghosts = this.ghosts.filter((ghost) => now - ghost.at <= GHOST);
    // What leads to a node goes before the node.
    for (const kind of ["route", "link", "node"] as const) {
      for (const { id } of gone.filter((ghost) => ghost.kind === kind)) this.forget(kind, id);
    }
    return true;
  }

  private forget(kind: "node" | "link" | "route", id: number): void {
    const things = kind === "node" ? this.nodes : kind === "link" ? this.links : this.routes;
    const slot = things.slots.of.get(id);
    // It may have come back.
    if (slot === undefined || things.status[slot] !== WITHDRAWN) return;
    things.slots.give(id);
    if (kind === "route") this.routes.used[slot] = 0;
    else this.shape++;
  }

  /** Whether something still fades. */
  get fading(): boolean {
    return this.ghosts.length > 0;
  }

  /** Slots of the active routes that originate at a node. */
  select(node: number): Uint32Array {
    if (this.stale) {
      this.origins.index(this.routes.slots.count, this.nodes.slots.count);
      this.stale = false;
    }
    return this.origins.select(node);
  }
}
