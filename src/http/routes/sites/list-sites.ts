import { z } from "zod";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";

const siteSchema = z
  .object({
    id: z.string(),
    countryCode: z.string(),
    areaCode: z.string(),
    mainNumber: z.string(),
    directDialling: z.boolean().exactOptional(),
    extensions: z.array(z.string()),
    outsideLine: z.string(),
    forwardingPrefix: z.string().exactOptional(),
    nationalPrefix: z.string().exactOptional(),
    internationalPrefix: z.string().exactOptional(),
    trustFrom: z.boolean(),
    internalSites: z.array(z.string()).exactOptional(),
    stripPrefixes: z.array(z.string()).exactOptional(),
    rules: z.array(
      z.object({
        match: z.string(),
        replace: z.string(),
        callers: z.enum(["internal", "external"]).exactOptional(),
      }),
    ),
  })
  .meta({ id: "Site" });

/** GET the sites: each location's numbering. */
export function listSites(app: App, { directory }: Application): void {
  app.get(
    "/api/sites",
    {
      schema: {
        summary: "List sites",
        tags: ["installation"],
        response: { 200: z.object({ sites: z.array(siteSchema) }).meta({ id: "Sites" }), ...problems(401) },
      },
    },
    () => ({
      sites: [...directory.sites()].map(({ internalSites, stripPrefixes, ...site }) => ({
        ...site,
        ...(internalSites !== undefined && { internalSites: [...internalSites] }),
        ...(stripPrefixes !== undefined && { stripPrefixes: [...stripPrefixes] }),
        extensions: [...site.extensions],
        rules: site.rules.map((rule) => ({ ...rule })),
      })),
    }),
  );
}
