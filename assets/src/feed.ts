// Reads the station's Arrow stream for as long as it lasts, and connects again when it ends.

import { RecordBatchReader, type RecordBatch } from "apache-arrow";

export type Told = { batch: (batch: RecordBatch) => void; connected: (is: boolean) => void };

/** How long it waits before it connects again, in ms. */
const AGAIN = 1000;

export async function follow(url: string, told: Told, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const response = await fetch(url, { signal });
      if (!response.ok || !response.body) throw new Error(`the station answers ${response.status}`);
      const reader = await RecordBatchReader.from(response.body as unknown as ReadableStream<Uint8Array>);
      for await (const batch of reader) {
        told.connected(true);
        told.batch(batch as RecordBatch);
      }
    } catch (error) {
      if (signal.aborted) return;
      console.info("the map's feed ended:", error instanceof Error ? error.message : error);
    }
    told.connected(false);
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}
