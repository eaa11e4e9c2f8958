// Where nodes are: routers within, their peers around them, and what routes lead to outside.

import { forceCollide, forceLink, forceManyBody, forceRadial, forceSimulation, type SimulationNodeDatum } from "d3-force";

export type Graph = {
  /** Slots that are in use, their kinds (see NODE_KINDS), and where they were before; NaN for those that are new. */
  slots: Uint32Array;
  kinds: Uint8Array;
  before: Float32Array;
  /** Pairs of indices into `slots`. */
  links: Uint32Array;
  /** x and y of those that have a place of their own, NaN for the others, which gather around them; none: no geography is asked for. */
  places?: Float32Array;
};

/** The kind of a router, the first of NODE_KINDS. */
const ROUTER = 0;

// How far out each kind of node is, and how high.
const RADIUS = [0, 220, 430, 430];
const HEIGHT = [60, 20, -20, -20];

type Node = SimulationNodeDatum & { kind: number; moves: boolean };

/** Pulls a node without a place towards those that it is linked with, less than their places hold them. */
const LOOSE = { distance: 60, strength: 0.5, charge: -40 };
const TIGHT = { distance: 160, strength: 0.06, charge: -140 };

/** x, y and z of each node. Those that were there before stay near to where they were. */
export function layout({ slots, kinds, before, links, places }: Graph): Float32Array {
  const count = slots.length;
  const routers = kinds.reduce((sum, kind) => sum + (kind === ROUTER ? 1 : 0), 0);
  const nodes: Node[] = Array.from({ length: count }, (_, index) => {
    const [fx, fy] = places ? [places[2 * index]!, places[2 * index + 1]!] : [NaN, NaN];
    if (!Number.isNaN(fx)) return { kind: kinds[index]!, moves: false, x: fx, y: fy, fx, fy };
    const [x, y] = [before[2 * index]!, before[2 * index + 1]!];
    if (!Number.isNaN(x)) return { kind: kinds[index]!, moves: false, x, y };
    // The golden angle spreads those that are new, and the same every time.
    const [angle, radius] = [slots[index]! * 2.399963, RADIUS[kinds[index]!]! + 1];
    return { kind: kinds[index]!, moves: true, x: Math.cos(angle) * radius, y: Math.sin(angle) * radius };
  });
  const pairs = Array.from({ length: links.length / 2 }, (_, index) => ({ source: links[2 * index]!, target: links[2 * index + 1]! }));
  const fresh = nodes.every((node) => node.moves || node.fx != null);
  const { distance, strength, charge } = places ? LOOSE : TIGHT;
  const simulation = forceSimulation(nodes)
    .force("link", forceLink(pairs).distance(distance).strength(strength))
    .force("charge", forceManyBody().strength(charge).distanceMax(500).theta(1.2))
    .force("radial", forceRadial<Node>((node) => (node.kind === ROUTER && routers > 1 ? 30 * Math.sqrt(routers) : RADIUS[node.kind]!)).strength(places ? 0 : 0.7))
    .force("collide", forceCollide(14))
    .stop();
  // Few steps where most is laid out already: the picture is not to jump.
  simulation.alpha(fresh ? 1 : 0.15);
  for (let step = 0; step < (fresh ? (count > 1500 ? 60 : 160) : 12); step++) simulation.tick();
  const positions = new Float32Array(3 * count);
  nodes.forEach((node, index) => positions.set([node.x ?? 0, node.y ?? 0, HEIGHT[node.kind]!], 3 * index));
  return positions;
}
