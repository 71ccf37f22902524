/** `${env:NAME}` in a configuration file stands for a variable of whoever applies the file, not of the server. */
import { isScalar, parseAllDocuments, visit } from "yaml";

const placeholder = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * The file with the values in place. Lines and, but for what follows a value on its line, columns stay as they were, so
 * that faults are found. What is not set stays: the server then says so, with its place. A file that cannot be read is
 * left as it is, for the server to say why.
 */
export function fillEnvironment(
  yaml: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (!yaml.includes("${env:")) return yaml;
  const edits: { readonly from: number; readonly to: number; readonly text: string }[] = [];
  for (const document of parseAllDocuments(yaml)) {
    if (!("errors" in document) || document.errors.length > 0) return yaml;
    visit(document, {
      Scalar(_key, node) {
        if (!isScalar(node) || typeof node.value !== "string" || !node.range) return;
        const filled = node.value.replaceAll(
          placeholder,
          (whole, name: string) => environment[name] ?? whole,
        );
        if (filled === node.value) return;
        // A JSON string is a double-quoted scalar of YAML, whatever stands in it.
        edits.push({ from: node.range[0], to: node.range[1], text: JSON.stringify(filled) });
      },
    });
  }
  return edits
    .sort((a, b) => b.from - a.from)
    .reduce((text, { from, to, text: value }) => text.slice(0, from) + value + text.slice(to), yaml);
}
