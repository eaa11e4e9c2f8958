// The arcs of the routes that are wanted, as the buffers that the shaders read.

import { STATUSES, type World } from "./world";

/** More routes than this are drawn as bundles: one arc for all that lead from here to there. */
export const MOST_ARCS = 8000;

export type Arcs = {
  length: number;
  bundled: boolean;
  source: Float32Array;
  target: Float32Array;
  oldSource: Float32Array;
  oldTarget: Float32Array;
  mood: Float32Array;
  weight: Float32Array;
};

export const noArcs = (): Arcs => ({ length: 0, bundled: false, source: new Float32Array(), target: new Float32Array(), oldSource: new Float32Array(), oldTarget: new Float32Array(), mood: new Float32Array(), weight: new Float32Array() });

/** `positions`: x, y and z of each node's slot. `selected`: 1 for each route's slot that is, or null where nothing is selected. */
export function arcs(world: World, positions: Float32Array, wanted: Uint8Array, count: number, selected: Uint8Array | null, into: Arcs): Arcs {
  const arcs = count > into.source.length / 3 ? room(Math.min(2 * count, MOST_ARCS)) : into;
  if (count > MOST_ARCS) return bundles(world, positions, wanted, selected, arcs);
  const { routes, origins } = world;
  const destinations = origins.nodes;
  let at = 0;
  for (let slot = 0; slot < routes.slots.count; slot++) {
    if (wanted[slot] !== 1) continue;
    const [from, to] = [routes.source[slot]!, destinations[slot]!];
    if (from === to) continue;
    put(arcs.source, at, positions, from);
    put(arcs.target, at, positions, to);
    put(arcs.oldSource, at, positions, routes.oldSource[slot]!);
    put(arcs.oldTarget, at, positions, routes.oldDestination[slot]!);
    arcs.mood[4 * at] = routes.status[slot]!;
    arcs.mood[4 * at + 1] = routes.since[slot]!;
    arcs.mood[4 * at + 2] = routes.shifted[slot]!;
    arcs.mood[4 * at + 3] = seed(slot);
    arcs.weight[2 * at] = selected && selected[slot] ? 3 : 1.6;
    arcs.weight[2 * at + 1] = selected ? (selected[slot] ? 2 : 0) : 1;
    at++;
  }
  return { ...arcs, length: at, bundled: false };
}

function bundles(world: World, positions: Float32Array, wanted: Uint8Array, selected: Uint8Array | null, arcs: Arcs): Arcs {
  const { routes, origins, nodes } = world;
  const destinations = origins.nodes;
  const counts = new Map<number, { routes: number; status: number; since: number; selected: boolean }>();
  for (let slot = 0; slot < routes.slots.count; slot++) {
    if (wanted[slot] !== 1 || routes.source[slot] === destinations[slot]) continue;
    const key = routes.source[slot]! * nodes.slots.count + destinations[slot]!;
    const status = routes.status[slot]!;
    const bundle = counts.get(key);
    if (!bundle) counts.set(key, { routes: 1, status, since: routes.since[slot]!, selected: !!selected?.[slot] });
    else {
      bundle.routes++;
      bundle.selected ||= !!selected?.[slot];
      // A bundle is what most of it is; that one of it flaps is to be seen.
      if (STATUSES[status] === "flapping" || (STATUSES[bundle.status] === "withdrawn" && status === 0)) bundle.status = status;
    }
  }
  let at = 0;
  for (const [key, bundle] of counts) {
    if (at >= MOST_ARCS) break;
    const [from, to] = [Math.floor(key / nodes.slots.count), key % nodes.slots.count];
    for (const [column, slot] of [[arcs.source, from], [arcs.target, to], [arcs.oldSource, from], [arcs.oldTarget, to]] as const) put(column, at, positions, slot);
    arcs.mood.set([bundle.status, bundle.since, -1e6, seed(at)], 4 * at);
    arcs.weight.set([Math.min(8, 1.5 + Math.log2(bundle.routes)), selected ? (bundle.selected ? 2 : 0) : 1], 2 * at);
    at++;
  }
  return { ...arcs, length: at, bundled: true };
}

function put(column: Float32Array, at: number, positions: Float32Array, slot: number): void {
  column[3 * at] = positions[3 * slot]!;
  column[3 * at + 1] = positions[3 * slot + 1]!;
  column[3 * at + 2] = positions[3 * slot + 2]!;
}

const seed = (slot: number): number => (slot * 0.6180339887) % 1;

const room = (size: number): Arcs => ({
  length: 0,
  bundled: false,
  source: new Float32Array(3 * size),
  target: new Float32Array(3 * size),
  oldSource: new Float32Array(3 * size),
  oldTarget: new Float32Array(3 * size),
  mood: new Float32Array(4 * size),
  weight: new Float32Array(2 * size),
});
