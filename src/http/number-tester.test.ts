/** Callers as PBXs really write them, at sites of five countries: who that is, from inside or outside, and why. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exampleSite } from "../../test/support/example-sites.ts";
import type { CallerReason } from "../numbering/caller-identity.ts";
import { compileSite } from "../numbering/number-plan.ts";
import type { Site } from "../numbering/site.ts";
import { effectiveProfile } from "../pbx/effective-profile.ts";
import type { PbxConfiguration } from "../pbx/pbx-configuration.ts";
import { tryCaller } from "./number-tester.ts";

type Row = readonly [
  /** The value of From, or its URI, or what stands in a log. */
  sent: string,
  canonical: string,
  because: CallerReason["code"],
];

const internal = new Set<CallerReason["code"]>(["extension", "ownNumber", "otherSite"]);

function table(
  name: string,
  site: Site,
  rows: readonly Row[],
  profile = "generic",
  others: readonly Site[] = [],
): void {
  const pbx: PbxConfiguration = {
    id: "hq",
    profile,
    site: site.id,
    registrar: "sip:192.0.2.10:5060",
    domain: "pbx.example",
    redirect: "auto",
    addresses: [],
    overrides: {},
  };
  const setup = { pbx, site, profile: effectiveProfile(pbx), plan: compileSite(site, others) };
  describe(name, () => {
    for (const [sent, canonical, because] of rows) {
      test(`${sent === "" ? "nothing" : sent} is ${canonical === "" ? "nobody" : canonical} (${because})`, () => {
        const { caller } = tryCaller(sent, setup);
        const isInside = internal.has(because) || (because === "mark" && sent.includes("**"));
        assert.deepEqual(
          [caller.identity, caller.class, caller.because.code],
          [canonical, isInside ? "internal" : "external", because],
        );
      });
    }
  });
}

const starnberg = exampleSite();
table("Starnberg, +49 8151 36856, extensions 100-399 and 500, outside line 0", starnberg, [
  ["102", "102", "extension"],
  ["<sip:102@pbx.example>", "102", "extension"],
  ['"Anna Berg" <sip:102@pbx.example>', "102", "extension"],
  ['"0171 1234567" <sip:102@pbx.example>', "102", "extension"],
  ['"102" <sip:+491711234567@pbx.example>', "+491711234567", "outsideNumber"],
  ["sip:102@192.0.2.10", "102", "extension"],
  ["sip:102@PBX.EXAMPLE", "102", "extension"],
  ["sip:102@pbx.example:5062;transport=tcp", "102", "extension"],
  ["sip:102@pbx.example;user=phone", "102", "extension"],
  ["sip:102@elsewhere.example", "102@elsewhere.example", "foreignHost"],
  ["sip:102@198.51.100.7", "102@198.51.100.7", "foreignHost"],
  ["sip:500@pbx.example", "500", "extension"],
  ["sip:399@pbx.example", "399", "extension"],
  ["sip:400@pbx.example", "400", "unknownNumber"],
  ["sip:99@pbx.example", "99", "unknownNumber"],
  ["sip:0102@pbx.example", "0102", "unknownNumber"],
  // In the range, and the PBX vouches that it is a colleague's: emergency services do not call as 110.
  ["sip:110@pbx.example", "110", "extension"],
  ["sip:112@pbx.example", "112", "extension"],
  ["sip:110@elsewhere.example", "110@elsewhere.example", "foreignHost"],
  ["sip:+49815136856102@pbx.example", "102", "ownNumber"],
  ["sip:+49815136856102@carrier.example", "102", "ownNumber"],
  ["sip:+49815136856102@pbx.example;user=phone", "102", "ownNumber"],
  ["sip:0049815136856102@pbx.example", "102", "ownNumber"],
  ["sip:49815136856102@pbx.example", "102", "ownNumber"],
  ["sip:0815136856102@pbx.example", "102", "ownNumber"],
  ["sip:00815136856102@pbx.example", "102", "ownNumber"],
  ["sip:36856102@pbx.example", "102", "ownNumber"],
  ["sip:%2B49815136856102@pbx.example", "102", "ownNumber"],
  ["tel:+49-8151-36856-102", "102", "ownNumber"],
  ["sip:+49815136856@pbx.example", "+49815136856", "mainNumber"],
  ["sip:0815136856@pbx.example", "+49815136856", "mainNumber"],
  ["sip:36856@pbx.example", "+49815136856", "mainNumber"],
  ["sip:+498151368560@pbx.example", "+498151368560", "outsideNumber"],
  ["sip:+49815136856999@pbx.example", "+49815136856999", "outsideNumber"],
  ["sip:+491711234567@pbx.example", "+491711234567", "outsideNumber"],
  ["sip:00491711234567@pbx.example", "+491711234567", "outsideNumber"],
  ["sip:491711234567@pbx.example", "+491711234567", "outsideNumber"],
  ["sip:01711234567@pbx.example", "+491711234567", "outsideNumber"],
  ["sip:001711234567@pbx.example", "+491711234567", "outsideNumber"],
  ["sip:000491711234567@pbx.example", "+491711234567", "outsideNumber"],
  ["sip:0171-1234567@pbx.example", "+491711234567", "outsideNumber"],
  ["sip:+49(0)1711234567@pbx.example", "+491711234567", "outsideNumber"],
  ["tel:+491711234567", "+491711234567", "outsideNumber"],
  ["sip:089123456@pbx.example", "+4989123456", "outsideNumber"],
  ["sip:0089123456@pbx.example", "+4989123456", "outsideNumber"],
  ["sip:004989123456@pbx.example", "+4989123456", "outsideNumber"],
  ["sip:123456@pbx.example", "+498151123456", "outsideNumber"],
  ["sip:+431234567@pbx.example", "+431234567", "outsideNumber"],
  ["sip:00431234567@pbx.example", "+431234567", "outsideNumber"],
  ["sip:000431234567@pbx.example", "+431234567", "outsideNumber"],
  ["sip:+12125550100@pbx.example", "+12125550100", "outsideNumber"],
  ["sip:0012125550100@pbx.example", "+12125550100", "outsideNumber"],
  ["sip:+442071838750@pbx.example", "+442071838750", "outsideNumber"],
  ["sip:+41443211000@pbx.example", "+41443211000", "outsideNumber"],
  ["sip:11833@pbx.example", "11833", "unknownNumber"],
  ["sip:116117@pbx.example", "116117", "unknownNumber"],
  ["sip:0110@pbx.example", "110", "emergencyNumber"],
  ["sip:0112@pbx.example", "112", "emergencyNumber"],
  ["sip:anonymous@anonymous.invalid", "", "nobody"],
  ['"Anonymous" <sip:anonymous@anonymous.invalid>', "", "nobody"],
  ["sip:anonymous@pbx.example", "", "nobody"],
  ["sip:Anonymous@pbx.example", "", "nobody"],
  ["anonymous", "", "nobody"],
  ["sip:unknown@pbx.example", "", "nobody"],
  ["sip:unavailable@unknown.invalid", "", "nobody"],
  ["sip:restricted@pbx.example", "", "nobody"],
  ["sip:asterisk@pbx.example", "", "nobody"],
  ["", "", "nobody"],
  ["sip:@pbx.example", "", "nobody"],
  ["sip:alice@pbx.example", "alice", "name"],
  ["sip:alice@elsewhere.example", "alice@elsewhere.example", "name"],
  ["sip:anna.berg@pbx.example", "anna.berg", "name"],
  ["sip:**610@pbx.example", "**610", "unknownNumber"],
  ["sip:*21@pbx.example", "*21", "unknownNumber"],
]);

table("the same where emergency numbers are no extensions", exampleSite({ extensions: ["200-399"] }), [
  ["sip:110@pbx.example", "110", "emergencyNumber"],
  ["sip:112@pbx.example", "112", "emergencyNumber"],
  ["sip:115@pbx.example", "115", "unknownNumber"],
  ["sip:210@pbx.example", "210", "extension"],
]);

table(
  "the same at a FRITZ!Box, which marks its own with **",
  starnberg,
  [
    ["sip:**610@fritz.box", "610@fritz.box", "mark"],
    ["sip:**102@pbx.example", "102", "mark"],
    ['"Küche" <sip:**620@pbx.example>', "620", "mark"],
    ["sip:102@pbx.example", "102", "extension"],
    ["sip:01711234567@pbx.example", "+491711234567", "outsideNumber"],
  ],
  "fritzbox",
);

table("the same, where From is not believed", exampleSite({ trustFrom: false }), [
  ["sip:102@pbx.example", "102", "fromNotTrusted"],
  ["sip:+49815136856102@pbx.example", "102", "ownNumber"],
  ["sip:+4989123456@pbx.example", "+4989123456", "outsideNumber"],
]);

table("a main number without direct dialling", exampleSite({ directDialling: false }), [
  ["sip:102@pbx.example", "102", "extension"],
  ["sip:+49815136856@pbx.example", "+49815136856", "mainNumber"],
  // Somebody else's number that happens to begin like ours.
  ["sip:+49815136856102@pbx.example", "+49815136856102", "outsideNumber"],
  ["sip:0815136856102@pbx.example", "+49815136856102", "outsideNumber"],
]);

table("extensions by their length", exampleSite({ extensions: ["???", "8????"] }), [
  ["sip:000@pbx.example", "000", "extension"],
  ["sip:999@pbx.example", "999", "extension"],
  ["sip:81234@pbx.example", "81234", "extension"],
  ["sip:8123@pbx.example", "8123", "unknownNumber"],
  ["sip:+49815136856999@pbx.example", "999", "ownNumber"],
]);

const strange = exampleSite({
  stripPrefixes: ["*9", "88"],
  rules: [
    { match: "^7(\\d{3})$", replace: "$1", callers: "internal" },
    { match: "^9(\\d{6,})$", replace: "0$1" },
    { match: "^trunk-(\\d+)$", replace: "+49$1", callers: "external" },
  ],
});
table("prefixes that are taken off, and rules of the site's own", strange, [
  ["sip:*9102@pbx.example", "102", "extension"],
  ["sip:88102@pbx.example", "102", "extension"],
  ["sip:88089123456@pbx.example", "+4989123456", "outsideNumber"],
  ["sip:989123456@pbx.example", "+4989123456", "outsideNumber"],
  ["sip:102@pbx.example", "102", "extension"],
]);

const berlin = exampleSite({
  id: "berlin",
  areaCode: "30",
  mainNumber: "4711",
  extensions: ["10-99", "300-349"],
});
const hamburg = exampleSite({
  id: "hamburg",
  areaCode: "40",
  mainNumber: "8080",
  extensions: ["910-999", "10-19"],
});
const munich = exampleSite({ internalSites: ["berlin", "hamburg"] });
table(
  "several sites that see one another as internal; the own one has what collides, then the first named",
  munich,
  [
    ["sip:102@pbx.example", "102", "extension"],
    ["sip:310@pbx.example", "310", "extension"],
    ["sip:42@pbx.example", "+4930471142", "otherSite"],
    ["sip:12@pbx.example", "+4930471112", "otherSite"],
    ["sip:915@pbx.example", "+49408080915", "otherSite"],
    ["sip:42@elsewhere.example", "+4930471142@elsewhere.example", "foreignHost"],
    ["sip:+4930471142@carrier.example", "+4930471142", "otherSite"],
    ["sip:030471142@pbx.example", "+4930471142", "otherSite"],
    ["sip:0030471142@pbx.example", "+4930471142", "otherSite"],
    ["sip:+49304711310@pbx.example", "+49304711310", "otherSite"],
    ["sip:+4940808012@pbx.example", "+4940808012", "otherSite"],
    ["sip:+49304711@pbx.example", "+49304711", "outsideNumber"],
    ["sip:+493047117@pbx.example", "+493047117", "outsideNumber"],
    ["sip:400@pbx.example", "400", "unknownNumber"],
  ],
  "generic",
  [berlin, hamburg],
);

const vienna = exampleSite({
  id: "vienna",
  countryCode: "43",
  areaCode: "1",
  mainNumber: "5120",
  extensions: ["10-99"],
});
table("Vienna, +43 1 5120, extensions of two digits", vienna, [
  ["sip:42@pbx.example", "42", "extension"],
  ["sip:+431512042@pbx.example", "42", "ownNumber"],
  ["sip:00431512042@pbx.example", "42", "ownNumber"],
  ["sip:01512042@pbx.example", "42", "ownNumber"],
  ["sip:001512042@pbx.example", "42", "ownNumber"],
  ["sip:512042@pbx.example", "42", "ownNumber"],
  ["sip:+4315120@pbx.example", "+4315120", "mainNumber"],
  ["sip:+43512123456@pbx.example", "+43512123456", "outsideNumber"],
  ["sip:06641234567@pbx.example", "+436641234567", "outsideNumber"],
  ["sip:00436641234567@pbx.example", "+436641234567", "outsideNumber"],
  ["sip:+4989123456@pbx.example", "+4989123456", "outsideNumber"],
  ["sip:004989123456@pbx.example", "+4989123456", "outsideNumber"],
  ["sip:133@pbx.example", "133", "emergencyNumber"],
  ["sip:144@pbx.example", "144", "emergencyNumber"],
  ["sip:112@pbx.example", "112", "emergencyNumber"],
]);

const zurich = exampleSite({
  id: "zurich",
  countryCode: "41",
  areaCode: "44",
  mainNumber: "3211",
  extensions: ["000-999"],
});
table("Zürich, +41 44 3211, all three digits are extensions", zurich, [
  ["sip:042@pbx.example", "042", "extension"],
  ["sip:117@pbx.example", "117", "extension"],
  ["sip:144@pbx.example", "144", "extension"],
  ["sip:+41443211042@pbx.example", "042", "ownNumber"],
  ["sip:0041443211042@pbx.example", "042", "ownNumber"],
  ["sip:0443211042@pbx.example", "042", "ownNumber"],
  ["sip:00443211042@pbx.example", "042", "ownNumber"],
  ["sip:3211042@pbx.example", "042", "ownNumber"],
  ["sip:+41443211@pbx.example", "+41443211", "mainNumber"],
  ["sip:+41791234567@pbx.example", "+41791234567", "outsideNumber"],
  ["sip:0791234567@pbx.example", "+41791234567", "outsideNumber"],
  ["sip:+4989123456@pbx.example", "+4989123456", "outsideNumber"],
  ["sip:1414@pbx.example", "1414", "unknownNumber"],
]);

const london = exampleSite({
  id: "london",
  countryCode: "44",
  areaCode: "20",
  mainNumber: "79460",
  extensions: ["100-399"],
  outsideLine: "9",
});
table("London, +44 20 7946 0, outside line 9", london, [
  ["sip:123@pbx.example", "123", "extension"],
  ["sip:+442079460123@pbx.example", "123", "ownNumber"],
  ["sip:00442079460123@pbx.example", "123", "ownNumber"],
  ["sip:02079460123@pbx.example", "123", "ownNumber"],
  ["sip:79460123@pbx.example", "123", "ownNumber"],
  ["sip:+442071838750@pbx.example", "+442071838750", "outsideNumber"],
  ["sip:02071838750@pbx.example", "+442071838750", "outsideNumber"],
  ["sip:902071838750@pbx.example", "+442071838750", "outsideNumber"],
  ["sip:07700900123@pbx.example", "+447700900123", "outsideNumber"],
  ["sip:+4989123456@pbx.example", "+4989123456", "outsideNumber"],
  ["sip:004989123456@pbx.example", "+4989123456", "outsideNumber"],
  ["sip:9004989123456@pbx.example", "+4989123456", "outsideNumber"],
  ["sip:999@pbx.example", "999", "emergencyNumber"],
  ["sip:9999@pbx.example", "999", "emergencyNumber"],
  ["sip:112@pbx.example", "112", "extension"],
  ["sip:withheld@pbx.example", "", "nobody"],
]);

const newYork = exampleSite({
  id: "new-york",
  countryCode: "1",
  areaCode: "212",
  mainNumber: "555",
  extensions: ["0100-0199"],
  outsideLine: "9",
});
table("New York, +1 212 555, the last four digits are the extension", newYork, [
  ["sip:0142@pbx.example", "0142", "extension"],
  ["sip:+12125550142@pbx.example", "0142", "ownNumber"],
  ["sip:12125550142@pbx.example", "0142", "ownNumber"],
  ["sip:2125550142@pbx.example", "0142", "ownNumber"],
  ["sip:5550142@pbx.example", "0142", "ownNumber"],
  ["sip:+12125550200@pbx.example", "+12125550200", "outsideNumber"],
  ["sip:6465550142@pbx.example", "+16465550142", "outsideNumber"],
  ["sip:16465550142@pbx.example", "+16465550142", "outsideNumber"],
  ["sip:914155550142@pbx.example", "+14155550142", "outsideNumber"],
  ["sip:01144207183875@pbx.example", "+44207183875", "outsideNumber"],
  ["sip:+4989123456@pbx.example", "+4989123456", "outsideNumber"],
  ["sip:911@pbx.example", "911", "emergencyNumber"],
  ["sip:9911@pbx.example", "911", "emergencyNumber"],
  ["sip:411@pbx.example", "411", "unknownNumber"],
]);
