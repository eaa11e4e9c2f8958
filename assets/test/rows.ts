// Rows of the stream, written and read again as the station's are.

import { Dictionary, Field, Float32, makeBuilder, RecordBatch, Schema, Struct, makeData, tableFromIPC, tableToIPC, Table, Uint16, Uint32, Uint64, Uint8, Utf8, type DataType } from "apache-arrow";

const small = () => new Dictionary(new Utf8(), new Uint8());
const text = () => new Dictionary(new Utf8(), new Uint32());

const columns: [string, () => DataType][] = [
  ["revision", () => new Uint64()], ["kind", small], ["id", () => new Uint32()], ["status", small], ["source_node_id", () => new Uint32()],
  ["destination_node_id", () => new Uint32()], ["prefix", text], ["metric", () => new Uint32()], ["label", text], ["node_kind", small],
  ["router_node_id", () => new Uint32()], ["view", small], ["afi", () => new Uint16()], ["asn", () => new Uint32()], ["routes", () => new Uint64()],
  ["subject", text], ["rule", text], ["severity", small], ["confidence", () => new Float32()], ["latitude", () => new Float32()], ["longitude", () => new Float32()],
];

// The station's dictionaries of these are fixed.
const fixed: Record<string, string[]> = {
  kind: ["picture", "heartbeat", "node", "link", "route", "alert", "verdict"],
  status: ["active", "withdrawn", "flapping", "stale", "down"],
  node_kind: ["router", "peer", "next_hop", "as"],
  severity: ["info", "low", "medium", "high", "critical"],
};

export const picture = { kind: "picture", metric: 20000 };
export const node = (id: number, node_kind: string, label: string, more: object = {}) => ({ kind: "node", id, node_kind, label, status: "active", routes: 1n, ...more });
export const route = (id: number, source: number, destination: number, prefix: string, more: object = {}) => ({
  kind: "route", id, source_node_id: source, destination_node_id: destination, prefix, status: "active", view: "adj_rib_in_post", afi: 1, label: "64500", router_node_id: 1, ...more,
});

export function batch(rows: object[]): RecordBatch {
  const padded = [...Object.values(fixed).reduce<object[]>((most, texts) => (texts.length > most.length ? texts.map(() => ({})) : most), [])];
  const children = columns.map(([name, type]) => {
    const builder = makeBuilder({ type: type(), nullValues: [null, undefined] });
    // Rows that are cut off again: by them the dictionary has its texts in the station's order.
    padded.forEach((_, index) => builder.append(fixed[name]?.[index] ?? null));
    for (const row of rows as Record<string, unknown>[]) builder.append(row[name] ?? (name === "revision" ? 1n : name === "id" ? 0 : null));
    return [name, builder.finish().toVector()] as const;
  });
  const all = new Table(Object.fromEntries(children));
  void [Field, Schema, Struct, makeData];
  return tableFromIPC(tableToIPC(all.slice(padded.length), "stream")).batches[0]!;
}
