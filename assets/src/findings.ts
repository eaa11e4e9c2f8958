// Alerts that are open, and verdicts: what the station concludes of what is drawn.

export const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;

export type Finding = {
  kind: "alert" | "verdict";
  /** The id of the node that it is about; null where none is drawn. */
  node: number | null;
  subject: string;
  rule: string;
  /** As in SEVERITIES; -1 of a verdict. */
  severity: number;
  /** 0 to 1, of a verdict. */
  confidence: number | null;
  text: string;
  prefix: string;
  /** How many prefixes it is about. */
  prefixes: number;
};

export class Findings {
  readonly of = new Map<number, Finding>();

  /** Those of a kind: the severest first. */
  list(kind: Finding["kind"]): Finding[] {
    return [...this.of.values()].filter((finding) => finding.kind === kind).sort((one, other) => other.severity - one.severity || one.subject.localeCompare(other.subject));
  }

  /** What is to be said at each node, by its slot, of which each id has one: the verdict's words where there is one, else those of the severest alert. */
  atNodes(slots: ReadonlyMap<number, number>): Map<number, Finding> {
    const at = new Map<number, Finding>();
    for (const finding of this.list("alert")) {
      const slot = finding.node == null ? undefined : slots.get(finding.node);
      if (slot !== undefined && !at.has(slot)) at.set(slot, finding);
    }
    for (const verdict of this.list("verdict")) {
      const slot = verdict.node == null ? undefined : slots.get(verdict.node);
      // A verdict whose alert is over is history: it is in the list, and no warning.
      if (slot !== undefined && at.has(slot)) at.set(slot, verdict);
    }
    return at;
  }
}
