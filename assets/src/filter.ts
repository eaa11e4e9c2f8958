// Which routes are wanted.

import type { World } from "./world";

export type Filter = { view: string; afi: number; status: number; router: number; text: string; least: number };

export const ALL: Filter = { view: "", afi: 0, status: -1, router: -1, text: "", least: 0 };

/** Writes 1 or 0 for each slot into `wanted`, and gives how many are wanted. */
export function filter(world: World, by: Filter, wanted: Uint8Array): number {
  const { routes, nodes, origins } = world;
  const view = by.view ? world.views.indexOf(by.view) : -1;
  const text = by.text.trim().toLowerCase();
  const node = text ? nodesWith(world, text) : null;
  let count = 0;
  for (let slot = 0; slot < routes.slots.count; slot++) {
    const is =
      routes.used[slot] === 1 &&
      (!by.view || routes.view[slot] === view) &&
      (!by.afi || routes.afi[slot] === by.afi) &&
      (by.status < 0 || routes.status[slot] === by.status) &&
      (by.router < 0 || routes.router[slot] === by.router) &&
      (!by.least || routes.metric[slot]! > by.least) &&
      (!node ||
        node[routes.source[slot]!] === 1 ||
        node[origins.nodes[slot]!] === 1 ||
        routes.prefix[slot]!.toLowerCase().includes(text) ||
        ` ${routes.path[slot]} `.includes(` ${text.replace(/^as/, "")} `));
    wanted[slot] = is ? 1 : 0;
    if (is) count++;
  }
  void nodes;
  return count;
}

function nodesWith(world: World, text: string): Uint8Array {
  const { nodes } = world;
  const found = new Uint8Array(nodes.slots.count);
  for (const slot of nodes.slots.of.values()) if (nodes.label[slot]!.toLowerCase() === text) found[slot] = 1;
  return found;
}

/**
 * The view that is drawn where none is chosen: the same route is in several, and what a router decided comes before what it heard.
 */
export function bestView(world: World): string {
  const order = ["loc_rib", "adj_rib_in_post", "adj_rib_in_pre", "adj_rib_out_post", "adj_rib_out_pre"];
  // A view of few routes is of the router's own only.
  const counts = new Map<string, number>();
  for (const slot of world.routes.slots.of.values()) {
    const name = world.views[world.routes.view[slot]!]!;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const most = Math.max(0, ...counts.values());
  return order.find((name) => (counts.get(name) ?? 0) > most / 2) ?? "";
}
