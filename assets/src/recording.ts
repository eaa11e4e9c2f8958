// What the stream has told since the page was opened, of late, so that the world can be shown again as it was.

import type { RecordBatch } from "apache-arrow";
import { Column } from "./columns";
import { InJavaScript } from "./origins";
import { BatchRows, NUMBERS, TEXTS, type Numbers, type Rows, type Texts } from "./rows";
import { World } from "./world";

/** Rows that are kept; older ones are in the world that all begins with. They take 20 MB. */
const MOST = 100_000;

// Columns of a ring: row `n` is where the row was that came so many before it.

class KeptNumbers implements Numbers {
  private readonly values: Float64Array;

  constructor(private readonly most: number) {
    this.values = new Float64Array(most);
  }

  // No number of the stream is infinite.
  keep(row: number, from: Numbers, at: number): void {
    this.values[row % this.most] = from.isNull(at) ? Infinity : from.value(at);
  }

  isNull(row: number): boolean {
    return this.value(row) === Infinity;
  }

  value(row: number): number {
    return this.values[row % this.most]!;
  }
}

class KeptTexts implements Texts {
  private readonly texts: string[] = [];

  constructor(private readonly most: number) {}

  keep(row: number, from: Texts, at: number): void {
    this.texts[row % this.most] = from.text(at);
  }

  text(row: number): string {
    return this.texts[row % this.most]!;
  }
}

export class Recording {
  /** As it was before the first row that is kept. */
  private readonly base = new World(new InJavaScript());
  private readonly numbers: KeptNumbers[];
  private readonly texts: KeptTexts[];
  private readonly rows: Rows;
  /** When each row came. */
  private readonly came: Float64Array;
  /** Numbers of the first row that is kept, and of the next to come. */
  private first = 0;
  private next = 0;
  /** The world that was shown last, of the rows up to one: what came after it is added to it. */
  private shown: { world: World; at: number; next: number } | null = null;
  /** Seconds since 1970 on the station's clock where the page's clock is 0. */
  private epoch = Date.now() / 1000 - performance.now() / 1000;

  constructor(private readonly most = MOST) {
    this.numbers = NUMBERS.map(() => new KeptNumbers(most));
    this.texts = TEXTS.map(() => new KeptTexts(most));
    this.rows = Object.fromEntries([...NUMBERS.map((name, index) => [name, this.numbers[index]]), ...TEXTS.map((name, index) => [name, this.texts[index]])]) as Rows;
    this.came = new Float64Array(most);
  }

  /** Takes a batch. All times are seconds of the page's clock. */
  add(batch: RecordBatch, at: number): void {
    const rows = new BatchRows(batch);
    for (let row = 0; row < batch.numRows; row++) {
      const kind = rows.kind.text(row);
      if (kind === "picture" || kind === "heartbeat") this.look(batch, row, at);
      if (kind === "heartbeat") continue;
      if (this.next - this.first === this.most) this.base.take(this.rows, this.first, this.first + 1, this.came[this.first++ % this.most]!);
      this.numbers.forEach((column, index) => column.keep(this.next, rows[NUMBERS[index]!], row));
      this.texts.forEach((column, index) => column.keep(this.next, rows[TEXTS[index]!], row));
      this.came[this.next++ % this.most] = at;
    }
    if (this.first > 0) this.base.fade(this.from!);
  }

  // The station's own clock, where it tells the time.
  private look(batch: RecordBatch, row: number, at: number): void {
    const column = batch.getChild("at") && new Column<BigInt64Array>(batch, "at");
    if (column && !column.isNull(row)) this.epoch = column.value(row) / 1e6 - at;
  }

  /** Since when it is known how the world was; null: it is not yet. */
  get from(): number | null {
    return this.next ? this.came[this.first % this.most]! : null;
  }

  /** A time of the page's clock on the station's. */
  date(at: number): Date {
    return new Date(1000 * (this.epoch + at));
  }

  /** The world as it was then, as if then were `now`: what was withdrawn just before still fades. */
  at(then: number, now: number): World {
    const before = this.shown && this.shown.at <= then && this.shown.next >= this.first ? this.shown : null;
    const world = before?.world ?? this.base.copy();
    let next = before?.next ?? this.first;
    for (; next < this.next && this.came[next % this.most]! <= then; next++) world.take(this.rows, next, next + 1, now - (then - this.came[next % this.most]!));
    this.shown = { world, at: then, next };
    return world;
  }
}
