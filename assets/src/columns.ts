// Columns of a record batch, read in place.

import type { RecordBatch } from "apache-arrow";

type Values = Uint8Array | Uint16Array | Uint32Array | BigInt64Array | BigUint64Array | Float32Array;

/** A column's own buffer of a batch, and whether a row is null in it. */
export class Column<V extends Values = Uint32Array> {
  readonly values: V;
  private readonly bits: Uint8Array;
  private readonly offset: number;
  private readonly nulls: boolean;

  constructor(batch: RecordBatch, name: string) {
    const data = batch.getChild(name)!.data[0]!;
    this.values = data.values as V;
    this.bits = data.nullBitmap as Uint8Array;
    this.offset = data.offset;
    this.nulls = data.nullCount > 0;
  }

  value(row: number): number {
    return Number(this.values[row]!);
  }

  isNull(row: number): boolean {
    const at = row + this.offset;
    return this.nulls && (this.bits[at >> 3]! & (1 << (at & 7))) === 0;
  }
}

/** A column whose texts are in a dictionary: the keys in place, and the dictionary's texts. */
export class Dictionary<V extends Uint8Array | Uint32Array> extends Column<V> {
  private readonly dictionary: { get(index: number): unknown };

  constructor(batch: RecordBatch, name: string) {
    super(batch, name);
    this.dictionary = batch.getChild(name)!.data[0]!.dictionary!;
  }

  text(row: number): string {
    return this.isNull(row) ? "" : (this.dictionary.get(this.values[row]!) as string);
  }
}
