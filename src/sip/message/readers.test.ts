import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAuthHeader, readAuthorization, readChallenges, serializeAuthHeader } from "./challenge.ts";
import { contactExpires, contactPreference, readContacts } from "./contact.ts";
import { parseDiversion, readDiversions, serializeDiversion } from "./diversion.ts";
import { readExpires, readMinExpires, readRetryAfter } from "./durations.ts";
import { Headers } from "./headers.ts";
import { readHistoryInfo, serializeHistoryEntry } from "./history-info.ts";
import { readPAssertedIdentity, readPrivacy, readRemotePartyId } from "./identity.ts";
import { SipRequest } from "./message.ts";
import { readReasons, serializeReason } from "./reason.ts";
import { parseReplaces, readReplaces, serializeReplaces } from "./replaces.ts";
import { readRoutes } from "./routes.ts";

function message(...fields: [string, string][]): SipRequest {
  return new SipRequest("INVITE", "sip:b@example.com", new Headers(fields), Buffer.alloc(0));
}

describe("Contact", () => {
  it("is a list over all its fields, a star, nothing, or unreadable", () => {
    const several = readContacts(
      message(["Contact", "<sip:a@b>;q=0.5, sip:c@d"], ["m", '"E" <sip:e@f>;expires=60']),
    );
    assert.ok(Array.isArray(several));
    assert.equal(several.length, 3);
    assert.equal(readContacts(message(["Contact", " * "])), "*");
    assert.deepEqual(readContacts(message()), []);
    assert.equal(readContacts(message(["Contact", "sip:a@b?Route=x"])), undefined);
    assert.equal(readContacts(message(["Contact", "*, <sip:a@b>"])), undefined);
  });

  it("tells its validity and preference", () => {
    const contacts = readContacts(
      message(["Contact", "<sip:a@b>;expires=60;q=0.75, <sip:a@b>, <sip:a@b>;expires=x;q=7"]),
    );
    assert.ok(Array.isArray(contacts));
    assert.deepEqual(contacts.map(contactExpires), [60, undefined, 3600]);
    assert.deepEqual(contacts.map(contactPreference), [0.75, 1, 1]);
  });
});

describe("Diversion", () => {
  it("is read most recent first, whatever the case and quoting of its words", () => {
    const diversions = readDiversions(
      message(
        [
          "Diversion",
          '<sip:110@pbx>;reason="User-Busy";counter=2;privacy=FULL, "X" <tel:+49891>;reason=unconditional',
        ],
        ["Diversion", "sip:120@pbx;reason=no-answer"],
        ["Diversion", "nonsense"],
      ),
    );
    assert.deepEqual(
      diversions.map(({ address, reason, counter, privacy }) => [address.uri, reason, counter, privacy]),
      [
        ["sip:110@pbx", "user-busy", 2, "full"],
        ["tel:+49891", "unconditional", undefined, undefined],
        ["sip:120@pbx", "no-answer", undefined, undefined],
      ],
    );
  });

  it("is written with what it says", () => {
    const address = { uri: "sip:101@pbx.example", parameters: new Map() };
    const text = serializeDiversion({ address, reason: "unconditional", counter: 1 });
    assert.equal(text, "<sip:101@pbx.example>;reason=unconditional;counter=1");
    assert.equal(parseDiversion(text)?.counter, 1);
  });
});

describe("History-Info", () => {
  it("tells index and cause, in the URI, beside it, or in a Reason within", () => {
    const entries = readHistoryInfo(
      message(
        ["History-Info", "<sip:110@pbx>;index=1, <sip:102@pbx;cause=302>;index=1.1;mp=1"],
        [
          "History-Info",
          "<sip:103@pbx?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%22>;index=1.2,<sip:104@pbx>;index=1.3;cause=408",
        ],
      ),
    );
    assert.deepEqual(
      entries.map(({ index, cause }) => [index, cause]),
      [
        ["1", undefined],
        ["1.1", 302],
        ["1.2", 486],
        ["1.3", 408],
      ],
    );
    assert.equal(
      serializeHistoryEntry({ uri: "sip:a@b;cause=302", index: "1.1" }),
      "<sip:a@b;cause=302>;index=1.1",
    );
  });
});

describe("identities", () => {
  it("are read from the network's headers, unreadable ones left out", () => {
    const asserted = readPAssertedIdentity(
      message(["P-Asserted-Identity", '"A" <sip:+49891@pbx>, <tel:+49891>, nonsense']),
    );
    assert.deepEqual(
      asserted.map((address) => address.uri),
      ["sip:+49891@pbx", "tel:+49891"],
    );
    const party = readRemotePartyId(
      message(["Remote-Party-ID", '"A" <sip:1@pbx>;party=calling;privacy=off']),
    );
    assert.equal(party[0]?.parameters.get("party"), "calling");
  });

  it("come with the privacy asked for", () => {
    assert.deepEqual([...readPrivacy(message(["Privacy", "ID; critical"]))], ["id", "critical"]);
    assert.equal(readPrivacy(message()).size, 0);
  });
});

describe("authentication", () => {
  const digest =
    'Digest realm="a \\"b\\", c", nonce="x=/+", algorithm=SHA-256, qop="auth,auth-int", stale=FALSE';

  it("is read with its quotes and commas", () => {
    const challenge = parseAuthHeader(digest);
    assert.equal(challenge?.scheme, "Digest");
    assert.equal(challenge.parameters.get("realm"), 'a "b", c');
    assert.equal(challenge.parameters.get("nonce"), "x=/+");
    assert.equal(challenge.parameters.get("qop"), "auth,auth-int");
  });

  it("is written as RFC 7616 quotes it", () => {
    const parameters = new Map([
      ["username", 'a"b'],
      ["qop", "auth"],
      ["nc", "00000001"],
      ["algorithm", "MD5"],
    ]);
    assert.equal(
      serializeAuthHeader({ scheme: "Digest", parameters }, "credentials"),
      'Digest username="a\\"b", qop=auth, nc=00000001, algorithm=MD5',
    );
    assert.match(serializeAuthHeader({ scheme: "Digest", parameters }, "challenge"), /qop="auth"/);
  });

  it("is told with the header it stood in; what cannot be read is left out", () => {
    const challenged = message(
      ["WWW-Authenticate", digest],
      ["Proxy-Authenticate", 'Digest realm="x", realm="y"'],
      ["Proxy-Authenticate", "Other a=b,"],
    );
    assert.deepEqual(
      readChallenges(challenged).map(({ header, scheme }) => [header, scheme]),
      [
        ["WWW-Authenticate", "Digest"],
        ["Proxy-Authenticate", "Other"],
      ],
    );
    assert.equal(
      readAuthorization(message(["Authorization", 'Digest uri="sip:x"']), "Authorization").length,
      1,
    );
    for (const text of ["", "Digest a", 'Digest a="', "Digest a=b c=d", 'Digest =""']) {
      assert.equal(parseAuthHeader(text), undefined, text);
    }
  });
});

describe("Replaces", () => {
  it("names a dialog", () => {
    const text = "98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff;early-only";
    const replaces = readReplaces(message(["Replaces", text]));
    assert.deepEqual(replaces, {
      callId: "98732@sip.example.com",
      toTag: "ff87ff",
      fromTag: "r33th4x0r",
      isEarlyOnly: true,
    });
    assert.ok(replaces);
    assert.deepEqual(parseReplaces(serializeReplaces(replaces)), replaces);
  });

  it("is unreadable without a tag, or twice", () => {
    assert.equal(parseReplaces("x;to-tag=1"), undefined);
    assert.equal(
      readReplaces(message(["Replaces", "x;to-tag=1;from-tag=2"], ["Replaces", "x;to-tag=1;from-tag=2"])),
      undefined,
    );
  });
});

describe("small headers", () => {
  it("tell seconds, or nothing where they cannot be read", () => {
    assert.equal(readExpires(message(["Expires", "0300"])), 300);
    assert.equal(readExpires(message(["Expires", "4294967296"])), undefined);
    assert.equal(readExpires(message()), undefined);
    assert.equal(readMinExpires(message(["Min-Expires", "60"])), 60);
    assert.equal(readRetryAfter(message(["Retry-After", "18000;duration=3600"])), 18_000);
    assert.equal(readRetryAfter(message(["Retry-After", "120 (I'm in a meeting)"])), 120);
    assert.equal(readRetryAfter(message(["Retry-After", "5x"])), undefined);
    assert.equal(readRetryAfter(message()), undefined);
  });

  it("tell routes in order and reasons with their text", () => {
    const routes = readRoutes(
      message(["Route", "<sip:p1;lr>, <sip:p2;lr>"], ["Route", "<sip:p3;lr>"]),
      "Route",
    );
    assert.deepEqual(
      routes?.map((route) => route.uri),
      ["sip:p1;lr", "sip:p2;lr", "sip:p3;lr"],
    );
    const reasons = readReasons(
      message(["Reason", 'SIP;cause=200;text="Call completed elsewhere", Q.850;cause=16']),
    );
    assert.deepEqual(reasons, [
      { protocol: "SIP", cause: 200, text: "Call completed elsewhere" },
      { protocol: "Q.850", cause: 16 },
    ]);
    assert.equal(
      serializeReason({ protocol: "SIP", cause: 200, text: 'a "b"' }),
      'SIP;cause=200;text="a \\"b\\""',
    );
  });
});
