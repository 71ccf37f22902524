/**
 * A site's own rules for the numbers that callers come with. RE2 syntax: its time grows with the text's length alone,
 * whatever expression an administrator writes.
 */
import { RE2JS } from "re2js";
import type { CanonicalNumber } from "./canonical-number.ts";
import type { NumberRule } from "./site.ts";

/** A caller's number, with the rule that has rewritten it. */
export interface RuledNumber {
  readonly number: CanonicalNumber;
  readonly rule?: NumberRule;
}

/** What is wrong with a rule; undefined when it is all right. */
export function numberRuleFault(rule: NumberRule): string | undefined {
  const expression = compileExpression(rule.match);
  if (typeof expression === "string") return `“${rule.match}” cannot be read: ${expression}`;
  const groups = expression.groupCount();
  for (const [, group = ""] of rule.replace.matchAll(/\$([0-9])/g)) {
    if (Number(group) > groups)
      return `“${rule.replace}” names group ${group}, and “${rule.match}” has ${groups}.`;
  }
  return undefined;
}

function compileExpression(match: string): RE2JS | string {
  try {
    return RE2JS.compile(match);
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function rewrite(expression: RE2JS, rule: NumberRule, text: string): string | undefined {
  const matcher = expression.matcher(text);
  if (!matcher.find()) return undefined;
  try {
    return matcher.replaceFirst(rule.replace);
  } catch {
    // A replacement that cannot be put in, such as one with a named group that there is not: the rule does not match.
    return undefined;
  }
}

/** Rules in order; the first that matches rewrites. A rule that cannot be read never matches. */
export class CompiledNumberRules {
  readonly #rules: readonly { readonly rule: NumberRule; readonly expression: RE2JS }[];

  constructor(rules: readonly NumberRule[]) {
    this.#rules = rules.flatMap((rule) => {
      const expression = compileExpression(rule.match);
      return typeof expression === "string" || numberRuleFault(rule) !== undefined
        ? []
        : [{ rule, expression }];
    });
  }

  apply(text: string): { readonly text: string; readonly rule: NumberRule } | undefined {
    for (const { rule, expression } of this.#rules) {
      const rewritten = rewrite(expression, rule, text);
      if (rewritten !== undefined) return { text: rewritten, rule };
    }
    return undefined;
  }
}
