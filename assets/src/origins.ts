// Which routes originate at a node. The columns that this is asked of live in the WebAssembly module's memory, and everybody reads and
// writes them there. Without WebAssembly the same is done by JavaScript.

/** What `native/origins` exports. */
type Exports = {
  memory: WebAssembly.Memory;
  origins_new(): number;
  origins_reserve(handle: number, routes: number): void;
  origins_nodes(handle: number): number;
  origins_active(handle: number): number;
  origins_index(handle: number, routes: number, nodes: number): void;
  origins_select(handle: number, node: number): number;
  origins_found(handle: number): number;
};

export interface Origins {
  readonly kind: "WebAssembly" | "JavaScript";
  /** Node that the route of a slot originates at, and whether it is active. They move when `reserve` is called. */
  readonly nodes: Uint32Array;
  readonly active: Uint8Array;
  reserve(routes: number): void;
  index(routes: number, nodes: number): void;
  /** Slots of the active routes that originate at a node. Good until the next call. */
  select(node: number): Uint32Array;
}

export async function origins(url: string | null): Promise<Origins> {
  if (url) {
    try {
      const response = await fetch(url);
      if (response.ok) return fromModule((await WebAssembly.instantiate(await response.arrayBuffer())).instance);
    } catch (error) {
      console.info("no WebAssembly for the map's index:", error);
    }
  }
  return new InJavaScript();
}

export const fromModule = (instance: WebAssembly.Instance): Origins => new InWebAssembly(instance.exports as unknown as Exports);

class InWebAssembly implements Origins {
  readonly kind = "WebAssembly";
  private readonly handle: number;
  private size = 0;
  private buffer: ArrayBuffer | null = null;
  private nodesView = new Uint32Array();
  private activeView = new Uint8Array();

  constructor(private readonly wasm: Exports) {
    this.handle = wasm.origins_new();
  }

  // The memory's buffer is another one whenever the module's memory has grown.
  private views(): void {
    const { memory } = this.wasm;
    if (this.buffer === memory.buffer) return;
    this.buffer = memory.buffer;
    this.nodesView = new Uint32Array(memory.buffer, this.wasm.origins_nodes(this.handle), this.size);
    this.activeView = new Uint8Array(memory.buffer, this.wasm.origins_active(this.handle), this.size);
  }

  get nodes(): Uint32Array {
    this.views();
    return this.nodesView;
  }

  get active(): Uint8Array {
    this.views();
    return this.activeView;
  }

  reserve(routes: number): void {
    this.wasm.origins_reserve(this.handle, routes);
    this.size = Math.max(this.size, routes);
    this.buffer = null;
  }

  index(routes: number, nodes: number): void {
    this.wasm.origins_index(this.handle, routes, nodes);
  }

  select(node: number): Uint32Array {
    const count = this.wasm.origins_select(this.handle, node);
    return new Uint32Array(this.wasm.memory.buffer, this.wasm.origins_found(this.handle), count);
  }
}

export class InJavaScript implements Origins {
  readonly kind = "JavaScript";
  nodes = new Uint32Array();
  active = new Uint8Array();
  private starts = new Uint32Array(1);
  private slots = new Uint32Array();

  reserve(routes: number): void {
    if (routes <= this.nodes.length) return;
    const [nodes, active] = [new Uint32Array(routes), new Uint8Array(routes)];
    nodes.set(this.nodes);
    active.set(this.active);
    [this.nodes, this.active] = [nodes, active];
  }

  index(routes: number, nodes: number): void {
    const starts = new Uint32Array(nodes + 2);
    for (let slot = 0; slot < routes; slot++) if (this.nodes[slot]! < nodes) starts[this.nodes[slot]! + 2]!++;
    for (let node = 2; node < starts.length; node++) starts[node]! += starts[node - 1]!;
    const slots = new Uint32Array(routes);
    for (let slot = 0; slot < routes; slot++) if (this.nodes[slot]! < nodes) slots[starts[this.nodes[slot]! + 1]!++] = slot;
    [this.starts, this.slots] = [starts, slots];
  }

  select(node: number): Uint32Array {
    if (node + 1 >= this.starts.length) return new Uint32Array();
    return this.slots.slice(this.starts[node]!, this.starts[node + 1]!).filter((slot) => this.active[slot] === 1);
  }
}
