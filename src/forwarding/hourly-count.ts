/** How often something happened to each of many within the last hour, in a few bytes each. */

/** An hour is told to five minutes: what happened longer ago than that is forgotten a bucket at a time. */
const bucketMs = 5 * 60_000;
const buckets = 12;

interface Counted {
  /** Of the latest bucket that was counted in, since the clock began. */
  latest: number;
  readonly counts: Uint16Array;
}

/** `now` is in milliseconds on a clock that never jumps. Who is named grows with the configuration alone. */
export class HourlyCount {
  readonly #counted = new Map<string, Counted>();

  note(id: string, now: number): void {
    const counted = this.#upTo(id, now) ?? this.#begin(id, now);
    const place = counted.latest % buckets;
    counted.counts[place] = Math.min(65_535, (counted.counts[place] ?? 0) + 1);
  }

  withinHour(id: string, now: number): number {
    const counted = this.#upTo(id, now);
    return counted === undefined ? 0 : counted.counts.reduce((sum, count) => sum + count, 0);
  }

  #begin(id: string, now: number): Counted {
    const begun = { latest: Math.floor(now / bucketMs), counts: new Uint16Array(buckets) };
    this.#counted.set(id, begun);
    return begun;
  }

  #upTo(id: string, now: number): Counted | undefined {
    const counted = this.#counted.get(id);
    if (counted === undefined) return undefined;
    const bucket = Math.floor(now / bucketMs);
    for (let passed = Math.min(buckets, bucket - counted.latest); passed > 0; passed--) {
      counted.counts[(bucket - passed + 1) % buckets] = 0;
    }
    counted.latest = bucket;
    return counted;
  }
}
