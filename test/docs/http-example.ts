/** Requests and answers as pages show them, in HTTP's own form. */

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** The JSON that is shown: an answer may hold more. */
  readonly body?: object;
}

export function parseHttpRequest(text: string): HttpRequest {
  const { start, headers, body } = split(text);
  const [method = "", path = ""] = start.split(" ");
  return { method, path, headers, ...(body !== "" && { body }) };
}

export function parseHttpAnswer(text: string): HttpAnswer {
  const { start, body } = split(text);
  return { status: Number(start.split(" ")[1]), ...(body !== "" && { body: JSON.parse(body) as object }) };
}

function split(text: string): { start: string; headers: Record<string, string>; body: string } {
  const [head = "", ...rest] = text.trim().split("\n\n");
  const [start = "", ...fields] = head.split("\n");
  const headers = Object.fromEntries(
    fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  return { start, headers, body: rest.join("\n\n") };
}
