/**
 * A set of sequence numbers as closed, disjoint, ascending intervals. The log uses it to know what it
 * knows: a message that is there, or a number that history says was never used or is deleted.
 */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export class Intervals {
  private parts: { low: number; high: number }[] = [];

  /** The intervals, ascending. */
  get all(): readonly Interval[] {
    return this.parts;
  }

  has(n: number): boolean {
    const part = this.parts[this.firstEndingAtOrAfter(n)];
    return part !== undefined && part.low <= n;
  }

  /** The interval that holds `n`. */
  around(n: number): Interval | undefined {
    const part = this.parts[this.firstEndingAtOrAfter(n)];
    return part !== undefined && part.low <= n ? part : undefined;
  }

  add(low: number, high: number): void {
    if (low > high) return;
    const last = this.parts.at(-1);
    // What is live comes at the end, nearly always.
    if (last === undefined || low > last.high + 1) {
      this.parts.push({ low, high });
      return;
    }
    const from = this.firstEndingAtOrAfter(low - 1);
    let to = from;
    let merged = { low, high };
    for (let part = this.parts[to]; part !== undefined && part.low <= high + 1; part = this.parts[++to]) {
      merged = { low: Math.min(merged.low, part.low), high: Math.max(merged.high, part.high) };
    }
    this.parts.splice(from, to - from, merged);
  }

  /** What lies between the intervals, ascending. */
  gaps(): Interval[] {
    const gaps: Interval[] = [];
    for (let i = 1; i < this.parts.length; i++) {
      const before = this.parts[i - 1];
      const after = this.parts[i];
      if (before && after) gaps.push({ low: before.high + 1, high: after.low - 1 });
    }
    return gaps;
  }

  clear(): void {
    this.parts = [];
  }

  /** Index of the first interval with `high >= n`, or the number of intervals. */
  private firstEndingAtOrAfter(n: number): number {
    let low = 0;
    let high = this.parts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const part = this.parts[middle];
      if (part !== undefined && part.high < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
