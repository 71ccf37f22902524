/** The description of the API, made from the very schemas that check its requests. */
import swagger from "@fastify/swagger";
import { createJsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { App } from "./app.ts";
import { tidyOpenApi } from "./openapi-tidy.ts";

/** Collects the routes that are added after it, and serves their description at /api/openapi.json. */
export async function describeApi(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Divert",
        version,
        description:
          "Call forwarding for SIP lines at any PBX. Errors are RFC 9457 problems with a stable `code`.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: ["/api/openapi.json"] }),
    transformObject: jsonSchemaTransformObject,
  });
  let description: unknown;
  app.get("/api/openapi.json", { schema: { hide: true } }, () => {
    description ??= tidyOpenApi({ ...app.swagger() });
    return description;
  });
}
