/** What happens, told to whoever listens at /api/events; the last events are kept for those who come back. */

/** `line`: its live state changed. `dnd`: do not disturb of a line was set. `call`: a call and its decision. `alarm`: a limit of a line's forwardings was reached. `check`: a check of a PBX has come further. `reset`: events were missed, read afresh. */
export type EventType =
  "line" | "forwarding" | "dnd" | "call" | "alarm" | "check" | "configuration" | "reset";

export interface StoredEvent {
  /** As in `Last-Event-ID`: `RUN-NUMBER`. */
  readonly id: string;
  readonly type: EventType;
  /** Id of the line that it is about; absent: of all. */
  readonly line: string | undefined;
  /** The frame as it goes out (HTML standard §9.2.6, event stream). */
  readonly frame: string;
}

export type EventListener = (event: StoredEvent) => void;

export interface Subscription {
  /** What was missed since the last id; told before anything new. */
  readonly missed: readonly StoredEvent[];
  /** Idempotent. */
  close(): void;
}

export interface EventHubOptions {
  /** Tells this run of the server from others: ids of another run are not compared. */
  readonly run: string;
  /** Events kept. */
  readonly capacity?: number;
}

export class EventHub {
  readonly #run: string;
  readonly #capacity: number;
  readonly #ring: StoredEvent[] = [];
  readonly #listeners = new Set<EventListener>();
  #count = 0;

  constructor(options: EventHubOptions) {
    this.#run = options.run;
    this.#capacity = options.capacity ?? 1_000;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Tells everybody. `data`, or what it returns where it is a function, is serialized once, and only if someone reads it. */
  publish(type: EventType, data: unknown, line?: string): void {
    const event = this.#create(type, data, line);
    this.#ring[(this.#count - 1) % this.#capacity] = event;
    for (const listener of this.#listeners) listener(event);
  }

  /** Listens from now on, or from after `lastEventId` where that is still kept; otherwise `missed` is one `reset`. */
  subscribe(lastEventId: string | undefined, listener: EventListener): Subscription {
    this.#listeners.add(listener);
    return {
      missed: lastEventId === undefined ? [] : this.#since(lastEventId),
      close: () => void this.#listeners.delete(listener),
    };
  }

  #create(type: EventType, data: unknown, line: string | undefined): StoredEvent {
    return new LazyEvent(`${this.#run}-${++this.#count}`, type, line, data);
  }

  #since(lastEventId: string): readonly StoredEvent[] {
    const last = this.#numberOf(lastEventId);
    const oldestKept = Math.max(1, this.#count - this.#capacity + 1);
    if (last === undefined || last > this.#count || last < oldestKept - 1) {
      const id = `${this.#run}-${this.#count}`;
      return [{ id, type: "reset", line: undefined, frame: createFrame(id, "reset", {}) }];
    }
    const missed: StoredEvent[] = [];
    for (let number = last + 1; number <= this.#count; number++) {
      const event = this.#ring[(number - 1) % this.#capacity];
      if (event) missed.push(event);
    }
    return missed;
  }

  #numberOf(id: string): number | undefined {
    const prefix = `${this.#run}-`;
    const digits = id.startsWith(prefix) ? id.slice(prefix.length) : "";
    return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
  }
}

/** Written out when the first reader wants it: most events of a busy server are read by nobody. */
class LazyEvent implements StoredEvent {
  readonly id: string;
  readonly type: EventType;
  readonly line: string | undefined;
  #data: unknown;
  #frame: string | undefined;

  constructor(id: string, type: EventType, line: string | undefined, data: unknown) {
    this.id = id;
    this.type = type;
    this.line = line;
    this.#data = data;
  }

  get frame(): string {
    if (this.#frame === undefined) {
      const data = isMaker(this.#data) ? this.#data() : this.#data;
      this.#frame = createFrame(this.id, this.type, data);
      this.#data = undefined;
    }
    return this.#frame;
  }
}

/** JSON holds no line break, so the data is always one line. */
function createFrame(id: string, type: EventType, data: unknown): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Data may be made only once somebody reads it. */
function isMaker(data: unknown): data is () => unknown {
  return typeof data === "function";
}
