import type { ServerResponse } from "node:http";
import { z } from "zod";
import type { Clock, Timer } from "../../../base/clock.ts";
import { Refusal } from "../../../base/refusal.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import type { StoredEvent } from "../../event-hub.ts";
import { problems } from "../problems.ts";

/** Readers at the same time; each costs a connection and what waits for it. */
const mostReaders = 200;
/** Bytes that may wait for a reader who does not read. He is cut off then and comes back with Last-Event-ID. */
const longestBacklog = 1_048_576;
/** Keeps proxies from taking the silence for the end, and finds readers that are gone. */
const heartbeatMs = 15_000;

export interface EventStreams {
  /** Ends all of them: an open stream would hold up the server's close. */
  close(): void;
}

/** GET what happens, as it happens (server-sent events). */
export function streamEvents(app: App, { events }: Application, clock: Clock): EventStreams {
  const streams = new Set<EventStream>();
  app.get(
    "/api/events",
    {
      exposeHeadRoute: false,
      schema: {
        summary: "Stream events",
        description:
          "Server-sent events: `line` (live state), `forwarding`, `dnd` (do not disturb), `call` (decision), `alarm` (a limit was reached), `check` (of a PBX), `configuration`, and `reset` " +
          "when events were missed that are no longer kept. Goes on after Last-Event-ID.",
        tags: ["events"],
        querystring: z.strictObject({
          line: z.string().optional().meta({ description: "Of this line alone, and what is of all." }),
          lastEventId: z.string().max(100).optional(),
        }),
        headers: z.object({ "last-event-id": z.string().max(100).exactOptional() }),
        produces: ["text/event-stream"],
        response: { 200: z.string(), ...problems(400, 401, 429) },
      },
    },
    (request, reply) => {
      if (streams.size >= mostReaders) {
        throw new Refusal("too-many-requests", `${mostReaders} readers listen already.`);
      }
      const { line, lastEventId } = request.query;
      reply.hijack();
      reply.raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        "content-type": "text/event-stream; charset=utf-8",
        "x-accel-buffering": "no",
      });
      const stream = new EventStream(reply.raw, clock, line);
      streams.add(stream);
      const subscription = events.subscribe(request.headers["last-event-id"] ?? lastEventId, (event) =>
        stream.tell(event),
      );
      reply.raw.once("close", () => {
        subscription.close();
        stream.close();
        streams.delete(stream);
      });
      stream.start(subscription.missed);
    },
  );
  return {
    close: () => {
      for (const stream of streams) stream.close();
    },
  };
}

/** One reader. */
class EventStream {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #line: string | undefined;
  #heartbeat: Timer | undefined;

  constructor(response: ServerResponse, clock: Clock, line: string | undefined) {
    this.#response = response;
    this.#clock = clock;
    this.#line = line;
  }

  start(missed: readonly StoredEvent[]): void {
    this.#write("retry: 2000\n\n");
    for (const event of missed) this.tell(event);
    this.#beat();
  }

  tell(event: StoredEvent): void {
    if (this.#line !== undefined && event.line !== undefined && event.line !== this.#line) return;
    this.#write(event.frame);
  }

  close(): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
    this.#response.end();
  }

  #beat(): void {
    this.#heartbeat = this.#clock.after(heartbeatMs, () => {
      this.#write(": alive\n\n");
      this.#beat();
    });
  }

  #write(text: string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    if (this.#response.writableLength > longestBacklog) this.#response.destroy();
    else this.#response.write(text);
  }
}
