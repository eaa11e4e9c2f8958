// The layout beside the page's own thread.

import { layout, type Graph } from "./layout";

addEventListener("message", ({ data }: MessageEvent<Graph>) => {
  const positions = layout(data);
  postMessage({ slots: data.slots, positions }, { transfer: [positions.buffer] });
});
