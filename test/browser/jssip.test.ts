/** JsSIP in Chromium: a line's phone in a web page, registered over WebSocket. Media is not asked for. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Page, chromium } from "playwright-core";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { PeerDialog, withSdp } from "../support/flow-phone.ts";
import { bundle } from "./bundle.ts";

const chromiumArguments = [
  "--no-sandbox",
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];

/** How long the browser may take for what is expected of it before the test fails and says what came instead. */
const patienceMs = 10_000;

/** The phone in the page: what the test has it do, and what it tells. */
class BrowserPhone {
  readonly #page: Page;
  readonly #told: string[] = [];
  readonly #arrivals = new EventEmitter();

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(context: TestContext): Promise<BrowserPhone> {
    const url = await servePage(context);
    const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: chromiumArguments });
    context.after(() => browser.close());
    const page = await browser.newPage();
    const phone = new BrowserPhone(page);
    page.on("pageerror", (error) => phone.#hears(`error: ${error.message}`));
    await page.exposeFunction("tell", (what: string) => phone.#hears(what));
    await page.goto(url);
    return phone;
  }

  /** Registers as the phone of that line. */
  start(under: DivertUnderTest, line: string): Promise<unknown> {
    const { address, port } = under.webSocket;
    const account = {
      url: `ws://${address}:${port}`,
      uri: `sip:${line}@divert.example`,
      user: line,
      password: `phone-${line}`,
    };
    return this.#page.evaluate(`phone.start(${JSON.stringify(account)})`);
  }

  answer(): Promise<unknown> {
    return this.#page.evaluate("phone.answer()");
  }

  /** SDP that a browser takes. */
  async offer(): Promise<string> {
    return String(await this.#page.evaluate("phone.offer()"));
  }

  /** The next that it tells is this. */
  async tells(what: string): Promise<void> {
    const signal = AbortSignal.timeout(patienceMs);
    while (this.#told.length === 0) await once(this.#arrivals, "told", { signal });
    assert.equal(this.#told.shift(), what);
  }

  #hears(what: string): void {
    this.#told.push(what);
    this.#arrivals.emit("told");
  }
}

/** A web page with JsSIP in it, at an address that the browser trusts with a microphone. */
async function servePage(context: TestContext): Promise<string> {
  const script = readFileSync(join(import.meta.dirname, "phone-page.js"), "utf8");
  const html = `<!doctype html><meta charset="utf-8"><title>phone</title>
    <script src="/jssip.js"></script><script src="/page.js"></script>`;
  const files: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
    "/": { type: "text/html", text: html },
    "/jssip.js": { type: "text/javascript", text: bundle("jssip", "JsSIP") },
    "/page.js": { type: "text/javascript", text: script },
  };
  const server = createServer(({ url = "/" }, response) => {
    const file = files[url];
    response.writeHead(file === undefined ? 404 : 200, { "content-type": file?.type ?? "text/plain" });
    response.end(file?.text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test("JsSIP in Chromium registers, answers a call, and has its line's rules applied", async (context) => {
  const under = await DivertUnderTest.start({
    lines: { "101": "refusing", "102": "refusing" },
    phones: true,
    webSocket: true,
  });
  context.after(() => under.close());
  const pbx = await under.peer();
  const phone = await BrowserPhone.open(context);
  await phone.start(under, "101");
  await phone.tells("registered");
  assert.equal(under.divert.phones.countOf("101"), 1);
  const offer = await phone.offer();
  const calls = (caller: string) =>
    pbx.sends("INVITE", under.udp, {
      requestUri: under.contact("101"),
      from: `<sip:${caller}@pbx.example>;tag=${caller}`,
      ...withSdp([], offer),
    });

  // It rings and is answered; the caller hangs up.
  const talked = await calls("105");
  await phone.tells("rings: 105");
  await pbx.expects(180);
  await phone.answer();
  const success = await pbx.expects(200);
  assert.match(success.body.toString(), /^a=fingerprint:/m);
  const caller = PeerDialog.ofCaller(pbx, under.udp, talked, success);
  await caller.acknowledges(talked);
  await phone.tells("talks");
  await caller.sends("BYE");
  assert.equal((await pbx.expects(200)).cseq.method, "BYE");
  await phone.tells("ended by remote: Terminated");

  // Colleagues are sent elsewhere at once and the browser stays quiet; who calls from outside rings it.
  await under.forward("101", "always/internal", "102");
  const redirected = await calls("106");
  const moved = await pbx.expects(302);
  assert.match(moved.headers.get("Contact") ?? "", /sip:102@/);
  await pbx.acknowledges(redirected, moved, under.udp);
  const outside = await calls("+498912345");
  await phone.tells("rings: +498912345");
  await pbx.expects(180);
  await pbx.cancels(outside, under.udp);
  const cancelled = await pbx.expects(487);
  await pbx.acknowledges(outside, cancelled, under.udp);
  await phone.tells("failed by remote: Canceled");

  // Nobody answers: it stops ringing, and the PBX hears where to go.
  const rule = { target: "103", seconds: 5 };
  const { status } = await under.ask("PUT", "/lines/101/forwardings/noAnswer/external", rule);
  assert.equal(status, 201);
  const unanswered = await calls("+498954321");
  await phone.tells("rings: +498954321");
  await pbx.expects(180);
  await under.pass(5_500);
  await phone.tells("failed by remote: Canceled");
  const late = await pbx.expects(302);
  assert.match(late.headers.get("Contact") ?? "", /sip:103@/);
  assert.match(late.headers.get("Diversion") ?? "", /reason=no-answer/);
  await pbx.acknowledges(unanswered, late, under.udp);
  assert.deepEqual(under.complaints, []);
});
