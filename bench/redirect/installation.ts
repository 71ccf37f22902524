/** The installation that the benchmark runs on: lines at one PBX, with all six kinds of rules spread over them. */
import { type Configuration, groupDefaults, type OwnedForwarding } from "../../src/directory/installation.ts";
import { callers, type When } from "../../src/forwarding/rules.ts";

const extensionLength = 7;

export function extensionOf(index: number): string {
  return String(1_000_000 + index);
}

/** Every line has the six rules of the mission, so that each call goes through them. */
export function installation(lineCount: number, pbxPort: number): Configuration {
  const first = extensionOf(0);
  const last = "9".repeat(extensionLength);
  const forwardings: OwnedForwarding[] = [];
  const lines = Array.from({ length: lineCount }, (_, index) => {
    const id = extensionOf(index);
    for (const when of ["always", "busy"] satisfies When[]) {
      for (const who of callers) {
        const target = extensionOf((index + 7) % lineCount);
        forwardings.push({ owner: { line: id }, forwarding: { when, callers: who, target, enabled: true } });
      }
    }
    return {
      id,
      group: "all",
      extension: id,
      username: id,
      password: "secret",
      secondCall: "yes" as const,
      callWaiting: true,
    };
  });
  return {
    sites: [
      {
        id: "site",
        countryCode: "49",
        areaCode: "8151",
        mainNumber: "36856",
        extensions: [`${first}-${last}`],
        outsideLine: "0",
        trustFrom: true,
        rules: [],
      },
    ],
    profiles: [],
    pbxs: [
      {
        id: "pbx",
        profile: "generic",
        site: "site",
        registrar: `sip:127.0.0.1:${pbxPort};transport=udp`,
        domain: "pbx.example",
        redirect: "yes",
        addresses: [],
        overrides: { expires: 3600, registerRate: 4000 },
      },
    ],
    groups: [
      {
        id: "all",
        pbx: "pbx",
        answers: { busy: 486, noPhone: 480, declined: 603, dnd: 486 },
        busyCounts: "calls",
        ...groupDefaults,
      },
    ],
    lines,
    users: [],
    tokens: [],
    forwardings,
  };
}
