import type { Site } from "../../src/numbering/site.ts";

/** The site of the documentation: +49 8151 36856 with extensions 100 to 399 and 500. */
export function exampleSite(site: Partial<Site> = {}): Site {
  return {
    id: "starnberg",
    countryCode: "49",
    areaCode: "8151",
    mainNumber: "36856",
    extensions: ["100-399", "500"],
    outsideLine: "0",
    trustFrom: true,
    rules: [],
    ...site,
  };
}
