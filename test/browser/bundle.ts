import { readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";

/** What a package has for browsers in place of what Node would load. */
const forBrowsers = new Map([["debug", "debug/src/browser.js"]]);

/** A CommonJS module and all that it requires as one script for a web page, which leaves its exports in a global. */
export function bundle(entry: string, global: string): string {
  const modules = new Map<string, string>();
  const add = (file: string): string => {
    if (modules.has(file)) return file;
    const source = readFileSync(file, "utf8");
    // Before its requirements are looked at: some go round.
    modules.set(file, "");
    const { resolve } = createRequire(file);
    const required = file.endsWith(".json") ? [] : source.matchAll(/\brequire\((["'])(.+?)\1\)/g);
    const files = Object.fromEntries(
      Array.from(required, ([, , name = ""]) => [name, add(resolve(forBrowser(name)))]),
    );
    const body = file.endsWith(".json") ? `module.exports = ${source};` : source;
    modules.set(file, `[${JSON.stringify(files)}, function (module, exports, require) {\n${body}\n}]`);
    return file;
  };
  const first = add(createRequire(import.meta.url).resolve(entry));
  const table = [...modules].map(([file, text]) => `${JSON.stringify(file)}: ${text}`).join(",\n");
  return `var ${global} = (function (modules) {
    const loaded = {};
    function load(file) {
      if (loaded[file]) return loaded[file].exports;
      const [files, run] = modules[file];
      const module = (loaded[file] = { exports: {} });
      run.call(module.exports, module, module.exports, (name) => load(files[name]));
      return module.exports;
    }
    return load(${JSON.stringify(first)});
  })({${table}});`;
}

function forBrowser(name: string): string {
  // The slash has Node look for the package of that name.
  return forBrowsers.get(name) ?? (isBuiltin(name) ? `${name}/` : name);
}
