import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fromModule, InJavaScript, type Origins } from "../src/origins";

const wasm = new URL("origins.wasm", import.meta.url);
const why = existsSync(wasm) ? false : "no compiler here has the target wasm32-unknown-unknown";
const load = () => fromModule(new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasm))));

function fill(origins: Origins, routes: number, nodes: number): void {
  let dice = 7;
  const roll = (sides: number) => (dice = (dice * 1103515245 + 12345) % 2147483648) % sides;
  origins.reserve(routes);
  const [column, active] = [origins.nodes, origins.active];
  for (let slot = 0; slot < routes; slot++) {
    column[slot] = roll(nodes);
    active[slot] = roll(4) ? 1 : 0;
  }
  origins.index(routes, nodes);
}

const walk = (origins: Origins, routes: number, node: number) =>
  Array.from({ length: routes }, (_, slot) => slot).filter((slot) => origins.nodes[slot] === node && origins.active[slot] === 1);

test("JavaScript selects what a walk over all finds", () => {
  const origins = new InJavaScript();
  for (const [routes, nodes] of [[0, 0], [1, 1], [6000, 40], [500, 3]] as const) {
    fill(origins, routes, nodes);
    for (let node = 0; node < nodes + 2; node++) assert.deepEqual([...origins.select(node)], walk(origins, routes, node));
  }
});

test("WebAssembly selects the same, and its columns stay in place as its memory grows", { skip: why }, () => {
  const origins = load();
  for (const [routes, nodes] of [[1, 1], [6000, 40], [200_000, 1000]] as const) {
    fill(origins, routes, nodes);
    for (const node of [0, 1, nodes - 1, nodes, nodes + 7]) assert.deepEqual([...origins.select(node)], walk(origins, routes, node));
  }
});

test("a selection among 6,000 routes takes well under a millisecond", { skip: why }, () => {
  for (const origins of [load(), new InJavaScript()]) {
    fill(origins, 6000, 200);
    for (let node = 0; node < 200; node++) origins.select(node);
    const times = Array.from({ length: 1000 }, (_, index) => {
      const started = performance.now();
      origins.select(index % 200);
      return performance.now() - started;
    }).sort((one, other) => one - other);
    console.log(`${origins.kind}: p50 ${times[500]!.toFixed(4)} ms, p99 ${times[990]!.toFixed(4)} ms`);
    assert.ok(times[990]! < 1);
  }
});
