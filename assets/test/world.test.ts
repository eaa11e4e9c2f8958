import assert from "node:assert/strict";
import { test } from "node:test";
import { arcs, MOST_ARCS, noArcs } from "../src/arcs";
import { ALL, bestView, filter } from "../src/filter";
import { project } from "../src/geography";
import { layout } from "../src/layout";
import { InJavaScript } from "../src/origins";
import { GHOST, World } from "../src/world";
import { batch, node, picture, route } from "./rows";

const told = (...rows: object[]) => {
  const world = new World(new InJavaScript());
  world.apply(batch([picture, node(1, "router", "edge"), node(2, "peer", "10.0.0.1", { router_node_id: 1 }), node(3, "as", "AS64500"), ...rows]), 0);
  return world;
};

test("a route is there, is withdrawn, and is a ghost for a while", () => {
  const world = told(route(7, 2, 3, "10.0.0.0/8"));
  assert.equal(world.routes.slots.of.size, 1);
  assert.deepEqual([...world.select(world.nodes.slots.of.get(3)!)], [0]);
  world.apply(batch([route(7, 2, 3, "10.0.0.0/8", { status: "withdrawn" })]), 10);
  assert.deepEqual([...world.select(world.nodes.slots.of.get(3)!)], []);
  assert.equal(world.routes.since[0], 10);
  assert.equal(world.fade(10 + GHOST / 2), false);
  assert.equal(world.fade(10 + GHOST * 1.01), true);
  assert.equal(world.routes.slots.of.size, 0);
});

test("one that comes back in time is no ghost", () => {
  const world = told(route(7, 2, 3, "10.0.0.0/8"));
  world.apply(batch([route(7, 2, 3, "10.0.0.0/8", { status: "withdrawn" })]), 10);
  world.apply(batch([route(7, 2, 3, "10.0.0.0/8", { status: "flapping" })]), 11);
  world.fade(20);
  assert.equal(world.routes.slots.of.size, 1);
  assert.equal(world.routes.status[0], 2);
});

test("a path that moves remembers where it was", () => {
  const world = told(node(4, "peer", "10.0.0.2"), route(7, 2, 3, "10.0.0.0/8"));
  world.apply(batch([route(7, 4, 3, "10.0.0.0/8")]), 5);
  const slot = (id: number) => world.nodes.slots.of.get(id)!;
  assert.deepEqual([world.routes.oldSource[0], world.routes.source[0], world.routes.shifted[0]], [slot(2), slot(4), 5]);
});

test("alerts and verdicts are at their nodes while they last; a verdict says more than its alert", () => {
  const alert = (id: number, severity: string, more: object = {}) => ({ kind: "alert", id, status: "active", subject: "edge peer 10.0.0.1", rule: "peer_down", severity, label: "down", source_node_id: 2, routes: 0n, ...more });
  const verdict = { kind: "verdict", id: 9, status: "active", subject: "edge peer 10.0.0.1", rule: "remote_failure", confidence: 0.5, label: "its hold timer expired", source_node_id: 2, routes: 0n };
  const world = told(alert(7, "low"), alert(8, "critical", { subject: "10.0.0.0/8", source_node_id: null, prefix: "10.0.0.0/8" }));
  const at = () => [...world.findings.atNodes(world.nodes.slots.of)].map(([slot, { text }]) => [slot, text]);
  const peer = world.nodes.slots.of.get(2)!;
  assert.deepEqual(world.findings.list("alert").map(({ severity }) => severity), [4, 1]);
  assert.deepEqual(at(), [[peer, "down"]]);
  world.apply(batch([verdict]), 1);
  assert.deepEqual(at(), [[peer, "its hold timer expired"]]);
  world.apply(batch([alert(7, "low", { status: "withdrawn" })]), 2);
  assert.deepEqual(at(), [], "a verdict without an alert is history");
  world.apply(batch([picture]), 3);
  assert.equal(world.findings.of.size, 0);
});

test("a picture anew forgets what was before", () => {
  const world = told(route(7, 2, 3, "10.0.0.0/8"));
  world.apply(batch([picture, node(1, "router", "edge")]), 1);
  assert.deepEqual([world.nodes.slots.of.size, world.routes.slots.of.size, world.pictures], [1, 0, 2]);
});

test("filters: text finds prefixes, AS numbers of the path and nodes; the view that is drawn first is what was decided", () => {
  const world = told(
    route(1, 2, 3, "10.0.0.0/8", { label: "65000 64500" }),
    route(2, 2, 3, "11.0.0.0/8", { label: "65001 64500", view: "adj_rib_in_pre" }),
    route(3, 2, 3, "2001:db8::/32", { afi: 2 }),
  );
  const wanted = new Uint8Array(8);
  const count = (by: object) => filter(world, { ...ALL, ...by }, wanted);
  assert.equal(count({}), 3);
  assert.equal(count({ text: "10.0" }), 1);
  assert.equal(count({ text: "AS65001" }), 1);
  assert.equal(count({ text: "6500" }), 0, "no part of an AS number");
  assert.equal(count({ text: "10.0.0.1" }), 3, "a peer by its name");
  assert.equal(count({ afi: 2 }), 1);
  assert.equal(count({ view: "adj_rib_in_pre" }), 1);
  assert.equal(bestView(world), "adj_rib_in_post");
});

test("arcs go from node to node; too many routes are bundles", () => {
  const world = told(route(7, 2, 3, "10.0.0.0/8"));
  const positions = new Float32Array(3 * 64).map((_, at) => at);
  const one = arcs(world, positions, new Uint8Array([1]), 1, null, noArcs());
  assert.deepEqual([one.length, one.bundled, [...one.source.subarray(0, 3)]], [1, false, [3, 4, 5]]);

  const many = told(...Array.from({ length: MOST_ARCS + 1 }, (_, index) => route(index + 10, 2, 3, `p${index}`)));
  const bundled = arcs(many, positions, new Uint8Array(MOST_ARCS + 1).fill(1), MOST_ARCS + 1, null, noArcs());
  assert.deepEqual([bundled.length, bundled.bundled], [1, true]);
});

test("the layout is finite and the same every time, and what is laid out stays near", () => {
  const graph = { slots: new Uint32Array([0, 1, 2]), kinds: new Uint8Array([0, 1, 3]), before: new Float32Array(6).fill(NaN), links: new Uint32Array([0, 1, 1, 2]) };
  const places = layout(graph);
  assert.deepEqual(places, layout(graph));
  assert.ok(places.every(Number.isFinite));
  const before = new Float32Array([places[0]!, places[1]!, places[3]!, places[4]!, places[6]!, places[7]!]);
  const again = layout({ ...graph, before });
  for (let at = 0; at < places.length; at++) assert.ok(Math.abs(again[at]! - places[at]!) < 40);
});

test("geography: north is up, east is right, what stands together is seen apart, and the 180th meridian tears nothing", () => {
  const at = (...degrees: [number, number][]) => {
    const places = project(Float32Array.from(degrees, ([latitude]) => latitude), Float32Array.from(degrees, ([, longitude]) => longitude));
    return degrees.map((_, index) => [places[2 * index]!, places[2 * index + 1]!] as const);
  };
  const [geneva, oslo, nowhere, tokyo] = at([46.2, 6.1], [59.9, 10.7], [NaN, NaN], [35.7, 139.7]);
  assert.ok(oslo![1] > geneva![1] && geneva![1] > tokyo![1] && tokyo![0] > oslo![0] && oslo![0] > geneva![0]);
  assert.ok(nowhere!.every(Number.isNaN));
  const [one, other] = at([46.2, 6.1], [46.2, 6.1]);
  assert.ok(Math.hypot(one![0] - other![0], one![1] - other![1]) > 20);
  const [auckland, honolulu] = at([-36.8, 174.7], [21.3, -157.9]);
  assert.ok(honolulu![0] > auckland![0] && honolulu![0] - auckland![0] < 500);
});

test("geography: what has a place is there, what has none is beside what it is linked with", () => {
  const graph = { slots: new Uint32Array([0, 1, 2, 3]), kinds: new Uint8Array([0, 1, 0, 3]), before: new Float32Array(8).fill(NaN), links: new Uint32Array([0, 1, 2, 3]), places: new Float32Array([-400, 100, NaN, NaN, 400, -100, NaN, NaN]) };
  const places = layout(graph);
  assert.deepEqual([...places.subarray(0, 2), ...places.subarray(6, 8)], [-400, 100, 400, -100]);
  assert.ok(places[3]! < 0 && places[9]! > 0, String(places));
});
