/**
 * Puts right what the generators leave in an OpenAPI document: schemas twice, as input and as output, whether they
 * differ and are used or not; problems under the content type of the answer; responses without a description.
 */
import { STATUS_CODES } from "node:http";
import { problemContentType } from "./problem.ts";

type Json = unknown;
type JsonObject = Record<string, Json>;

const refPrefix = "#/components/schemas/";
const problemRef = `${refPrefix}Problem`;
const inputSuffix = "Input";

/** A new document; the one given is left as it is. */
export function tidyOpenApi(document: JsonObject): JsonObject {
  const schemas = mapValues(objectAt(objectAt(document, "components"), "schemas"), (schema, name) =>
    name.endsWith(inputSuffix) ? schema : openForMore(schema),
  );
  const paths = mapValues(objectAt(document, "paths"), (operations) =>
    mapValues(asObject(operations), tidyOperation),
  );
  const used = usedSchemas(paths, schemas);
  const names = new Map([...used].map((name) => [name, shortName(name, used)]));
  const components = {
    ...objectAt(document, "components"),
    schemas: Object.fromEntries([...used].sort().map((name) => [names.get(name) ?? name, schemas[name]])),
  };
  return renameRefs({ ...document, components, paths }, names) as JsonObject;
}

/** Answers may get more fields in time; a client must not count on there being none. */
function openForMore(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(openForMore);
  if (!isObject(schema)) return schema;
  const { additionalProperties, ...rest } = mapValues(schema, openForMore);
  return additionalProperties === undefined || additionalProperties === false
    ? rest
    : { ...rest, additionalProperties };
}

function tidyOperation(operation: Json): Json {
  if (!isObject(operation)) return operation;
  const responses = mapValues(objectAt(operation, "responses"), (response, status) => {
    const { description, content, ...rest } = asObject(response);
    return {
      description: description === "Default Response" ? (STATUS_CODES[status] ?? "Answer") : description,
      // RFC 9110 §15.3.5: a 204 has no content.
      ...(content === undefined || status === "204" ? {} : { content: tidyContent(asObject(content)) }),
      ...rest,
    };
  });
  return { ...operation, responses };
}

function tidyContent(content: JsonObject): JsonObject {
  const [media] = Object.values(content);
  const isProblem = objectAt(asObject(media), "schema")["$ref"] === problemRef;
  return isProblem ? { [problemContentType]: media } : content;
}

/** Names of the schemas that the paths refer to, directly or through others. */
function usedSchemas(paths: JsonObject, schemas: JsonObject): Set<string> {
  const used = new Set<string>();
  const visit = (value: Json): void => {
    for (const name of refsIn(value)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(schemas[name]);
    }
  };
  visit(paths);
  return used;
}

function* refsIn(value: Json): Generator<string> {
  if (Array.isArray(value)) {
    for (const item of value) yield* refsIn(item);
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      if (key === "$ref" && typeof inner === "string") yield inner.slice(refPrefix.length);
      else yield* refsIn(inner);
    }
  }
}

/** What is read alone needs no suffix to tell it from what is answered. */
function shortName(name: string, used: ReadonlySet<string>): string {
  const short = name.endsWith(inputSuffix) ? name.slice(0, -inputSuffix.length) : name;
  return short !== name && used.has(short) ? name : short;
}

function renameRefs(value: Json, names: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) return value.map((item) => renameRefs(item, names));
  if (!isObject(value)) return value;
  return mapValues(value, (inner, key) => {
    if (key !== "$ref" || typeof inner !== "string") return renameRefs(inner, names);
    const name = inner.slice(refPrefix.length);
    return refPrefix + (names.get(name) ?? name);
  });
}

function mapValues(object: JsonObject, map: (value: Json, key: string) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asObject(value: Json): JsonObject {
  return isObject(value) ? value : {};
}

function objectAt(object: JsonObject, key: string): JsonObject {
  return asObject(object[key]);
}
