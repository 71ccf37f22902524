import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";

export interface Import {
  readonly specifier: string;
  /** The file it names, from the folder that was read; may lie outside. Absent for packages and built-in modules. */
  readonly to?: string;
  readonly isTypeOnly: boolean;
}

export interface SourceFile {
  /** From the folder that was read, with `/`. */
  readonly path: string;
  readonly imports: readonly Import[];
  /** Its text without comments and strings. */
  readonly code: string;
}

/** Every TypeScript file under a folder, with what it imports in whatever way. */
export function readSourceFiles(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .map((path) => readSourceFile(path, readFileSync(join(folder, path), "utf8")));
}

export function readSourceFile(path: string, text: string): SourceFile {
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, isTypeOnly: boolean) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const { text: name } = specifier;
    const to = name.startsWith(".") ? { to: posix.join(posix.dirname(path), name) } : {};
    imports.push({ specifier: name, ...to, isTypeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest));
  return { path, imports, code: stripCommentsAndStrings(text) };
}

/** `import { type A }` keeps its import at run time (verbatimModuleSyntax), so it is one of values. */
function isTypeImport(node: ts.ImportDeclaration): boolean {
  return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function stripCommentsAndStrings(text: string): string {
  const literals = /\/\/.*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;
  return text.replace(literals, " ");
}
