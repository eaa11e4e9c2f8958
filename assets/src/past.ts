// The world as it was: a slider over what this page has seen, and the station's history for what was before.

import { RecordBatchReader } from "apache-arrow";
import { h } from "./dom";
import { InJavaScript } from "./origins";
import { Recording } from "./recording";
import { World } from "./world";

/** Seconds of the past a second of the player. */
const SPEEDS = [1, 10, 60];
/** How often the player goes on, in ms. */
const STEP = 100;

const text = (date: Date) => `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;

export class Past {
  readonly element: HTMLElement;
  readonly recording = new Recording();
  /** When it is that is shown, in seconds of the page's clock or as a date; null: now. */
  private moment: number | Date | null = null;
  private playing: ReturnType<typeof setInterval> | undefined;
  private readonly slider = h("input", { type: "range", min: "0", max: "0", step: "any", "aria-label": "Time", class: "god-slider" });
  private readonly says = h("output", { role: "status" }, "");
  private readonly play = h("button", { type: "button" }, "Play");
  private readonly live = h("button", { type: "button" }, "Live");
  private readonly speed = h("select", { "aria-label": "Speed of the player" }, ...SPEEDS.map((speed) => h("option", { value: String(speed) }, `${speed} ×`)));
  private readonly date = h("input", { type: "datetime-local", step: "1", "aria-label": "As it was at this time, UTC" });

  constructor(
    private readonly url: string,
    private readonly clock: () => number,
    /** Shows a world of the past, or null: that of now. */
    private readonly show: (world: World | null) => void,
  ) {
    const ask = h("form", { class: "god-asked" }, this.date, h("button", {}, "Show"));
    this.element = h("div", { class: "god-past", role: "group", "aria-label": "Time" }, this.slider, this.speed, this.play, this.live, ask, this.says);
    this.slider.addEventListener("input", () => {
      this.stop();
      this.go(Number(this.slider.value));
    });
    this.play.addEventListener("click", () => (this.playing ? this.stop() : this.start()));
    this.live.addEventListener("click", () => this.now());
    ask.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.date.value) void this.ask(new Date(`${this.date.value}Z`));
    });
    this.tell();
  }

  /** Seconds of the page's clock; what is later than the last thing that was told is now. */
  go(at: number): void {
    const now = this.clock();
    const from = this.recording.from;
    if (from === null || at >= now) return this.now();
    this.moment = Math.max(at, from);
    this.show(this.recording.at(this.moment, now));
    this.tell();
  }

  now(): void {
    this.stop();
    this.moment = null;
    this.show(null);
    this.tell();
  }

  /** The picture that the station's history gives. */
  async ask(date: Date): Promise<void> {
    this.stop();
    this.tell("Asking the station…");
    const url = new URL(this.url, document.baseURI);
    url.searchParams.set("at", date.toISOString());
    try {
      const response = await fetch(url);
      if (!response.ok) return this.tell(((await response.json()) as { detail?: string }).detail ?? `The station answers ${response.status}.`);
      const world = new World(new InJavaScript());
      for await (const batch of await RecordBatchReader.from(response.body as unknown as ReadableStream<Uint8Array>)) world.apply(batch, this.clock());
      this.moment = date;
      this.show(world);
      this.tell();
    } catch (error) {
      this.tell(`The station does not answer: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Time goes on: the slider's range is up to now. */
  tick(): void {
    const { from } = this.recording;
    this.slider.disabled = from === null;
    if (from === null) return;
    this.slider.min = String(from);
    this.slider.max = String(this.clock());
    if (this.moment === null) this.slider.value = this.slider.max;
  }

  stop(): void {
    clearInterval(this.playing);
    this.playing = undefined;
    this.play.textContent = "Play";
  }

  private start(): void {
    if (typeof this.moment !== "number") this.go(this.recording.from ?? 0);
    this.play.textContent = "Pause";
    this.playing = setInterval(() => this.go(Number(this.moment) + (Number(this.speed.value) * STEP) / 1000), STEP);
  }

  private tell(problem = ""): void {
    this.tick();
    const { moment } = this;
    this.live.disabled = moment === null;
    this.element.classList.toggle("on", moment !== null);
    if (typeof moment === "number") this.slider.value = String(moment);
    const at = typeof moment === "number" ? this.recording.date(moment) : moment;
    if (at) this.slider.setAttribute("aria-valuetext", text(at));
    else this.slider.setAttribute("aria-valuetext", "now");
    this.says.textContent = problem || (at ? `As it was at ${text(at)}. ${typeof moment === "number" ? "" : "Alerts of then are not kept. "}The station goes on.` : "Live");
  }
}
