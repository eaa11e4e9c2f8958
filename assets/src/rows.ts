// Rows of the stream, of which the world is made: those of a record batch, or of a recording.

import type { RecordBatch } from "apache-arrow";
import { Column, Dictionary } from "./columns";

export interface Numbers {
  isNull(row: number): boolean;
  /** Of a null: any. */
  value(row: number): number;
}

export interface Texts {
  /** Of a null: none. */
  text(row: number): string;
}

export const NUMBERS = ["revision", "id", "status", "source", "destination", "metric", "nodeKind", "router", "afi", "asn", "routes", "severity", "confidence", "latitude", "longitude"] as const;
export const TEXTS = ["kind", "prefix", "label", "view", "subject", "rule"] as const;

export type Rows = { readonly [name in (typeof NUMBERS)[number]]: Numbers } & { readonly [name in (typeof TEXTS)[number]]: Texts };

/** The columns of a batch, in place. */
export class BatchRows implements Rows {
  readonly revision; readonly kind; readonly id; readonly status; readonly source; readonly destination; readonly prefix; readonly metric; readonly label;
  readonly nodeKind; readonly router; readonly view; readonly afi; readonly asn; readonly routes;
  readonly subject; readonly rule; readonly severity; readonly confidence; readonly latitude; readonly longitude;

  constructor(batch: RecordBatch) {
    this.revision = new Column<BigUint64Array>(batch, "revision");
    this.kind = new Dictionary<Uint8Array>(batch, "kind");
    this.id = new Column(batch, "id");
    this.status = new Column<Uint8Array>(batch, "status");
    this.source = new Column(batch, "source_node_id");
    this.destination = new Column(batch, "destination_node_id");
    this.prefix = new Dictionary<Uint32Array>(batch, "prefix");
    this.metric = new Column(batch, "metric");
    this.label = new Dictionary<Uint32Array>(batch, "label");
    this.nodeKind = new Column<Uint8Array>(batch, "node_kind");
    this.router = new Column(batch, "router_node_id");
    this.view = new Dictionary<Uint8Array>(batch, "view");
    this.afi = new Column<Uint16Array>(batch, "afi");
    this.asn = new Column(batch, "asn");
    this.routes = new Column<BigUint64Array>(batch, "routes");
    this.subject = new Dictionary<Uint32Array>(batch, "subject");
    this.rule = new Dictionary<Uint32Array>(batch, "rule");
    this.severity = new Column<Uint8Array>(batch, "severity");
    this.confidence = new Column<Float32Array>(batch, "confidence");
    this.latitude = new Column<Float32Array>(batch, "latitude");
    this.longitude = new Column<Float32Array>(batch, "longitude");
  }
}
