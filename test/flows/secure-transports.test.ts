/** TLS and WebSocket at a whole server: lines register over TLS, and whoever asks by a WebSocket is answered by it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { connect } from "node:tls";
import { DigestClient } from "../../src/sip/auth/digest-client.ts";
import { parseNameAddr } from "../../src/sip/message/name-addr.ts";
import { readContacts } from "../../src/sip/message/contact.ts";
import { type Divert, startDivert } from "../../src/main.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { optionsRequest } from "../support/socket-peers.ts";
import { TestCertificates, readPair } from "../support/test-certificates.ts";
import { WebSocketPeer } from "../support/websocket-peer.ts";

interface Office {
  /** Absent: all calls of 101 go to 102. */
  readonly isForwarded?: boolean;
  readonly registrar: string;
  readonly tls?: { readonly ca?: string; readonly verify?: boolean };
}

const phoneOf101 = { username: "101", password: "phone-101" };

/** One line, 101, with a phone. */
function configurationOf({ registrar, tls, isForwarded = true }: Office): string {
  // JSON is YAML.
  return JSON.stringify({
    sites: [{ id: "s", countryCode: "49", areaCode: "89", mainNumber: "1234", extensions: ["100-199"] }],
    pbxs: [{ id: "hq", site: "s", registrar, domain: "pbx.example", ...(tls !== undefined && { tls }) }],
    groups: [{ id: "g", pbx: "hq" }],
    lines: [{ id: "101", group: "g", username: "101", password: "p", phone: phoneOf101 }],
    forwardings: isForwarded ? [{ line: "101", when: "always", callers: "all", target: "102" }] : [],
  });
}

async function start(context: TestContext, office: Office) {
  const folder = await mkdtemp(join(tmpdir(), "divert-secure-"));
  const made = new TestCertificates(context);
  const own = loopbackAddress();
  const { certificate, key } = made.make("divert", "divert.example", "DNS:divert.example");
  const query = `?cert=${certificate}&key=${key}`;
  const applyFile = join(folder, "divert.yaml");
  await writeFile(applyFile, configurationOf(office));
  const clock = new FakeClock();
  const divert = await startDivert({
    dataFolder: join(folder, "data"),
    http: { host: "127.0.0.1", port: 0 },
    sip: [`tls://${own}:0${query}`, `ws://${own}:0`, `wss://${own}:0${query}`],
    applyFile,
    environment: {},
    logger: silentLogger,
    clock,
    random: new SeededRandom(1),
  });
  /** Lets time pass in small steps until something has come about. */
  const passUntil = async (condition: () => boolean): Promise<void> => {
    for (let turn = 0; !condition(); turn++) {
      assert.ok(clock.now() < 600_000, `${condition.toString()} did not come about`);
      // What is on its way between sockets takes turns of the event loop and no time of this clock.
      if (turn % 20 === 19) await clock.advanceAsync(20);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const close = async (): Promise<void> => {
    let isClosed = false;
    const closing = divert.close().then(() => (isClosed = true));
    await passUntil(() => isClosed);
    await closing;
  };
  context.after(async () => {
    await close();
    await rm(folder, { recursive: true });
  });
  return { divert, passUntil, close };
}

/** The PBX, at which 101 is registered over TLS. */
async function startAtPbx(context: TestContext, isForwarded: boolean) {
  const files = new TestCertificates(context).make("pbx", "pbx.example", "DNS:pbx.example");
  const pbx = await ScriptedPeer.openSecurely(readPair(files), loopbackAddress());
  context.after(() => pbx.close());
  const running = await start(context, { registrar: pbx.uri, tls: { ca: files.certificate }, isForwarded });
  await running.passUntil(() => pbx.received.length > 0);
  const register = await pbx.expects("REGISTER");
  const [contact] = readContacts(register) ?? [];
  assert.ok(typeof contact === "object");
  pbx.answers(register, 200, { headers: [["Contact", `<${contact.uri}>;expires=300`]] });
  await running.passUntil(() => stateOf(running.divert)?.state === "registered");
  return { ...running, pbx, register, contact: contact.uri, listening: portOf(running.divert, "TLS") };
}

function portOf(divert: Divert, protocol: string) {
  const point = divert.sip.find((each) => each.protocol === protocol);
  assert.ok(point !== undefined);
  return point;
}

const stateOf = (divert: Divert) => divert.lines.find("101")?.registration;

test("a line registers over TLS, and a call that comes over TLS is answered 302", async (context) => {
  const { pbx, register, contact, listening, close } = await startAtPbx(context, true);
  assert.equal(register.topVia?.protocol, "TLS");
  assert.deepEqual([register.topVia.host, register.topVia.port], [listening.address, listening.port]);
  assert.match(contact, new RegExp(`@${listening.address}:${listening.port};transport=tls$`));

  const invite = await pbx.sends("INVITE", listening, {
    requestUri: contact,
    from: `<sip:105@pbx.example>;tag=${pbx.tag}`,
  });
  const answer = await pbx.expects(302);
  assert.equal(parseNameAddr(answer.headers.get("Contact") ?? "")?.uri, "sip:102@pbx.example");
  await pbx.acknowledges(invite, answer, listening);
  // De-registers by the same connection.
  const answering = pbx.expects("REGISTER").then((goodbye) => pbx.answers(goodbye, 200));
  await close();
  assert.equal((await answering).status, 200);
});

for (const protocol of ["WS", "WSS"] as const) {
  test(`a browser's phone registers by ${protocol}, rings, talks and hangs up by its one connection`, async (context) => {
    const { divert, pbx, contact, listening, passUntil } = await startAtPbx(context, false);
    const point = portOf(divert, protocol);
    const phone = await ScriptedPeer.openWebSocket(
      `${protocol.toLowerCase()}://${point.address}:${point.port}`,
    );
    context.after(() => phone.close());
    const aor = "<sip:101@divert.example>";
    const register = await phone.sends("REGISTER", point, {
      requestUri: "sip:divert.example",
      from: `${aor};tag=a`,
      to: aor,
    });
    const digest = new DigestClient(phoneOf101, new SeededRandom(2));
    const answered = digest.answer(await phone.expects(401), register, true);
    assert.ok(answered.ok);
    answered.value.headers.set("Via", `SIP/2.0/${protocol} ${phone.address};branch=z9hG4bKsecond`);
    await phone.sendsAgain(answered.value, point);
    await phone.expects(200);
    assert.equal(divert.phones.countOf("101"), 1);

    const call = await pbx.sends("INVITE", listening, {
      requestUri: contact,
      from: `<sip:105@pbx.example>;tag=${pbx.tag}`,
    });
    const rung = await phone.expects("INVITE");
    assert.equal(rung.topVia?.protocol, protocol);
    assert.equal(rung.uri?.host, phone.address);
    const [ours] = readContacts(rung) ?? [];
    assert.ok(typeof ours === "object");
    assert.match(ours.uri, new RegExp(`@${point.address}:${point.port};transport=ws$`));
    const headers = [["Contact", `<${phone.uri}>`]] as const;
    phone.answers(rung, 180, { headers });
    await pbx.expects(180);
    phone.answers(rung, 200, { headers });
    const success = await pbx.expects(200);
    await pbx.acknowledges(call, success, listening);
    await phone.expects("ACK");

    await phone.sends("BYE", point, {
      requestUri: ours.uri,
      from: `${rung.headers.get("To") ?? ""};tag=${phone.tag}`,
      to: rung.headers.get("From") ?? "",
      callId: rung.callId,
      cseq: 2,
    });
    await phone.expects(200);
    pbx.answers(await pbx.expects("BYE"), 200);
    await phone.close();
    await passUntil(() => divert.phones.countOf("101") === 0);
  });
}

test("a PBX whose certificate is another's is not registered at, and the line says why", async (context) => {
  const made = new TestCertificates(context);
  const files = made.make("pbx", "pbx.example", "DNS:elsewhere.example");
  const pbx = await ScriptedPeer.openSecurely(readPair(files), loopbackAddress());
  context.after(() => pbx.close());
  const { divert, passUntil } = await start(context, { registrar: pbx.uri, tls: { ca: files.certificate } });
  await passUntil(() => stateOf(divert)?.failure !== undefined);
  assert.equal(
    stateOf(divert)?.failure?.detail,
    `the certificate is for elsewhere.example, not for ${pbx.address} or pbx.example`,
  );
  assert.deepEqual(pbx.received, []);
});

for (const protocol of ["WS", "WSS"] as const) {
  test(`OPTIONS by ${protocol} is answered by the same connection, whatever its Via says`, async (context) => {
    const { divert } = await start(context, { registrar: "sip:127.0.0.1:9;transport=tls" });
    const { address, port } = portOf(divert, protocol);
    const peer = await WebSocketPeer.connect(`${protocol.toLowerCase()}://${address}:${port}/`);
    context.after(() => peer.close());
    peer.send(optionsRequest({ transport: protocol, sentBy: "df7jal23ls0d.invalid", viaParameters: "" }));
    const answer = await peer.message(0);
    assert.match(answer, /^SIP\/2\.0 200 OK\r\n/);
    assert.match(answer, new RegExp(`Via: SIP/2.0/${protocol} df7jal23ls0d.invalid;.*received=127\\.`));
  });
}

test("SIGHUP reads certificates again, and the server goes on", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "divert-hangup-"));
  const made = new TestCertificates(context);
  const { certificate, key } = made.make("divert", "before.example");
  const address = loopbackAddress();
  const server = spawn(
    process.execPath,
    ["bin/divert.js", "serve", "--data", folder, "--http", "127.0.0.1:0"].concat([
      "--sip",
      `tls://${address}:5061?cert=${certificate}&key=${key}`,
    ]),
    { cwd: join(import.meta.dirname, "../.."), stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = once(server, "exit");
  context.after(async () => {
    server.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true });
  });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const until = async (text: string) => {
    for (;;) {
      const { value, done } = await lines.next();
      assert.ok(done !== true, `"${text}" was not logged`);
      if (value.includes(text)) return;
    }
  };
  const commonName = async () => {
    const socket = connect({ host: address, port: 5061, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return CN;
  };
  await until('"started"');
  assert.equal(await commonName(), "before.example");
  made.make("divert", "after.example");
  server.kill("SIGHUP");
  await until("certificates read again");
  assert.equal(await commonName(), "after.example");
  server.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
});
