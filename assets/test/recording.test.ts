import assert from "node:assert/strict";
import { test } from "node:test";
import { Recording } from "../src/recording";
import type { World } from "../src/world";
import { batch, node, picture, route } from "./rows";

const routes = (world: World) => Object.fromEntries([...world.routes.slots.of.values()].map((slot) => [world.routes.prefix[slot], world.routes.path[slot]]));

// A picture at 10, a route at 20, another path at 30, its withdrawal at 40.
function recorded(most?: number): Recording {
  const recording = new Recording(most);
  assert.equal(recording.from, null);
  recording.add(batch([picture, node(1, "router", "edge"), node(2, "peer", "10.0.0.1", { router_node_id: 1 }), node(3, "as", "AS64500")]), 10);
  recording.add(batch([route(7, 2, 3, "10.0.0.0/8")]), 20);
  recording.add(batch([{ kind: "heartbeat" }]), 25);
  recording.add(batch([route(7, 2, 3, "10.0.0.0/8", { label: "64501 64500" }), route(8, 2, 3, "10.1.0.0/16", { metric: 5 })]), 30);
  recording.add(batch([route(7, 2, 3, "10.0.0.0/8", { status: "withdrawn", label: "64501 64500" })]), 40);
  return recording;
}

test("the world is shown as it was, forwards and backwards", () => {
  const recording = recorded();
  assert.equal(recording.from, 10);
  const expected: [number, object][] = [
    [10, {}],
    [20, { "10.0.0.0/8": "64500" }],
    [29.9, { "10.0.0.0/8": "64500" }],
    [30, { "10.0.0.0/8": "64501 64500", "10.1.0.0/16": "64500" }],
  ];
  for (const [at, told] of [...expected, ...[...expected].reverse()]) assert.deepEqual(routes(recording.at(at, 1000)), told, `at ${at}`);
  const world = recording.at(30, 1000);
  assert.equal(world.routes.metric[world.routes.slots.of.get(8)!], 6);
  assert.equal(world.routes.metric[world.routes.slots.of.get(7)!], 0);
});

test("what was withdrawn just before is a ghost then, too", () => {
  const recording = recorded();
  const world = recording.at(42, 1000);
  assert.equal(world.routes.status[world.routes.slots.of.get(7)!], 1);
  assert.equal(world.routes.since[world.routes.slots.of.get(7)!], 998);
  assert.equal(world.fade(1003), true);
  assert.deepEqual(Object.keys(routes(world)), ["10.1.0.0/16"]);
});

test("only so much is kept, and what it begins with is right", () => {
  const recording = recorded(2);
  assert.equal(recording.from, 30);
  assert.deepEqual(routes(recording.at(30, 1000)), { "10.0.0.0/8": "64501 64500", "10.1.0.0/16": "64500" });
  for (let round = 0; round < 1000; round++) recording.add(batch([route(8, 2, 3, "10.1.0.0/16", { label: String(round) })]), 50 + round);
  assert.equal(recording.from, 1048);
  assert.deepEqual(routes(recording.at(1048, 2000)), { "10.1.0.0/16": "998" });
  assert.deepEqual(routes(recording.at(1049, 2000)), { "10.1.0.0/16": "999" });
});
