import assert from "node:assert/strict";
import { get } from "node:http";
import { connect } from "node:net";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { type HttpFixture, startHttp } from "../../../../test/support/http-server.ts";

/** Reads the stream until so many events have come; heartbeats and the like are left out. */
async function readEvents(t: TestContext, { url }: HttpFixture, path: string, lastEventId?: string) {
  const request = get(url + path, {
    headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId },
  });
  t.after(() => request.destroy());
  const [response] = (await once(request, "response")) as [
    NodeJS.ReadableStream & { statusCode: number; headers: Record<string, string> },
  ];
  response.setEncoding("utf8");
  let buffer = "";
  const frames = async function* (): AsyncGenerator<string> {
    for await (const chunk of response) {
      buffer += String(chunk);
      for (let end = buffer.indexOf("\n\n"); end >= 0; end = buffer.indexOf("\n\n")) {
        const frame = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        if (frame.startsWith("id:")) yield frame;
      }
    }
  };
  const iterator = frames();
  return { response, next: async () => (await iterator.next()).value as string | undefined };
}

test("events come as they happen, of the line that is asked for and of all", async (t) => {
  const fixture = await startHttp(t);
  const { events } = fixture.application;
  const all = await readEvents(t, fixture, "/api/events");
  const one = await readEvents(t, fixture, "/api/events?line=102");
  assert.equal(all.response.statusCode, 200);
  assert.match(all.response.headers["content-type"] ?? "", /^text\/event-stream/);
  assert.equal(all.response.headers["cache-control"], "no-store");
  events.publish("line", { line: "101", calls: 1 }, "101");
  events.publish("line", { line: "102", calls: 1 }, "102");
  assert.equal(await all.next(), 'id: test-1\nevent: line\ndata: {"line":"101","calls":1}');
  assert.equal(await one.next(), 'id: test-2\nevent: line\ndata: {"line":"102","calls":1}');
});

test("who comes back is told what was missed, or to read afresh", async (t) => {
  const fixture = await startHttp(t);
  const { events } = fixture.application;
  for (let number = 1; number <= 3; number++) events.publish("call", { number });
  const back = await readEvents(t, fixture, "/api/events", "test-1");
  assert.match((await back.next()) ?? "", /"number":2/);
  assert.match((await back.next()) ?? "", /"number":3/);
  const lost = await readEvents(t, fixture, "/api/events?lastEventId=other-7");
  assert.match((await lost.next()) ?? "", /event: reset/);
});

test("a reader who is gone is forgotten, and one who does not read is cut off", async (t) => {
  const fixture = await startHttp(t);
  const { events } = fixture.application;
  const gone = await readEvents(t, fixture, "/api/events");
  assert.equal(events.listenerCount, 1);
  gone.response.on("error", () => {});
  (gone.response as unknown as { destroy(): void }).destroy();

  const { port } = new URL(fixture.url);
  const lazy = connect(Number(port), "127.0.0.1").on("error", () => {});
  t.after(() => lazy.destroy());
  lazy.write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(lazy, "data");
  lazy.pause();
  const data = "x".repeat(1_000_000);
  const publishUntilNobodyListens = async (): Promise<void> => {
    if (events.listenerCount === 0) return;
    events.publish("call", data);
    await new Promise((resolve) => setImmediate(resolve));
    await publishUntilNobodyListens();
  };
  await publishUntilNobodyListens();
});

test("the server closes although readers listen", async (t) => {
  const fixture = await startHttp(t);
  const reader = await readEvents(t, fixture, "/api/events");
  t.after(async () => assert.equal(await reader.next(), undefined));
});
