/** Requests held against the routes' schemas, and what is wrong with them said in plain sentences, with the mend. */
import { z } from "zod";
import { type Fault, Refusal } from "../base/refusal.ts";
import { listed } from "../config/scalars.ts";
import { didYouMean } from "../directory/nearest.ts";

interface RouteSchema {
  readonly schema: z.ZodType;
  /** `body`, `querystring`, `params` or `headers`. */
  readonly httpPart?: string;
}

/** What fastify asks of a validator: the value as the schema leaves it, or the error. */
type Checked = { readonly value: unknown } | { readonly error: Refusal };

/** Makes the check of one part of a route's requests: a refusal `invalid-input` that has every fault. */
export function compileInputCheck({ schema, httpPart = "body" }: RouteSchema): (data: unknown) => Checked {
  const part = partNames[httpPart] ?? "request";
  return (data) => {
    const parsed = schema.safeParse(data, { error: requirementOf });
    if (parsed.success) return { value: parsed.data };
    const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, part, schema));
    const told = faults.slice(0, 3).map(({ message }) => message);
    return { error: new Refusal("invalid-input", told.join(" "), faults) };
  };
}

const partNames: Readonly<Record<string, string>> = {
  body: "body",
  headers: "header",
  params: "path",
  querystring: "query",
};

function faultsOf(issue: z.core.$ZodIssue, part: string, schema: z.ZodType): Fault[] {
  const path = formatPath(issue.path);
  if (issue.code !== "unrecognized_keys") {
    const what = path === "" ? `The ${part}` : `“${path}”`;
    return [{ path, message: `${what} ${issue.message}.` }];
  }
  const known = path === "" && schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return issue.keys.map((key) => ({
    path: path === "" ? key : `${path}.${key}`,
    message: path === "" ? `The ${part} has no field “${key}”.` : `“${path}” has no field “${key}”.`,
    ...(known.length > 0 && { mend: didYouMean(key, known, `Known here: ${known.join(", ")}.`) }),
  }));
}

/** `["hours", 0, "from"]` as `hours[0].from`. */
function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index > 0 ? "." : ""}${String(step)}`))
    .join("");
}

/**
 * What a value must be, as the rest of a sentence. It goes for all that a schema has no words of its own for: zod's are
 * for programmers.
 */
function requirementOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined || issue.input === null) return "is missing";
      return types[issue.expected] ?? otherForm;
    case "too_small":
      return boundOf(issue.origin, Number(issue.minimum), "least");
    case "too_big":
      return boundOf(issue.origin, Number(issue.maximum), "most");
    case "invalid_format":
      return issue.format === "datetime" ? "must be a time such as 2026-12-24T18:00:00+01:00" : otherForm;
    case "invalid_value":
      if (issue.input === undefined) return "is missing";
      return issue["expected"] === "stringbool" ? truth : `must be ${listed(issue.values.map(String))}`;
    case "invalid_union":
      if (issue.input === undefined) return "is missing";
      return alternatives(issue.errors.flatMap(([first]) => (first === undefined ? [] : [first.message])));
    default:
      return otherForm;
  }
}

const otherForm = "must be of another form";
const truth = "must be true or false";

const types: Readonly<Record<string, string>> = {
  array: "must be a list",
  boolean: truth,
  int: "must be a whole number",
  number: "must be a number",
  object: "must have fields and values",
  string: "must be a text",
};

function boundOf(origin: string, bound: number, end: "least" | "most"): string {
  if (origin === "string" && end === "least" && bound === 1) return "must not be empty";
  if (origin === "string") return `must have ${bound} characters at the ${end}`;
  if (origin === "array") return `must have ${bound} ${bound === 1 ? "entry" : "entries"} at the ${end}`;
  return `must be ${bound} ${end === "least" ? "or more" : "at the most"}`;
}

/** “must be a text”, “must be a number”: “must be a text or a number”. */
function alternatives(requirements: readonly string[]): string {
  const whats = [...new Set(requirements)].map((told) => told.replace(/^must be /, ""));
  return whats.length === 0 ? otherForm : `must be ${listed(whats)}`;
}
