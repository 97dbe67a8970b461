// Evaluates FHIRPath expressions with fhirpath.js and prints one JSON line per job; started by benchmarks/fhirpath.py.
//
//   node run.js JOBFILE check|time
//
// JOBFILE: {version, expressions: [text], documents: [resource], jobs: [[expression, document, base|null, part|null]]}
// `part` is the list of keys from the document to the element that the expression starts at.
"use strict";
const fs = require("fs");
const fhirpath = require("fhirpath");
const models = { "3.0.2": require("fhirpath/fhir-context/stu3"), "4.0.1": require("fhirpath/fhir-context/r4") };

const input = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const model = models[input.version];
console.warn = () => {};
console.log = () => {};

let root = null; // the document under evaluation, for resolve()
let index = null;
function find(reference, item) {
  if (reference.startsWith("#")) {
    let holder = item.getParentResource ? item.getParentResource() : null;
    for (let level = 0; holder && level < 2; level++) {
      const found = (holder.data.contained || []).find && (holder.data.contained || []).find((c) => c && c.id === reference.slice(1));
      if (found) return found;
      holder = holder.getParentResource ? holder.getParentResource() : null;
    }
    return null;
  }
  if (index === null) {
    index = new Map();
    for (const entry of Array.isArray(root.entry) ? root.entry : []) {
      const resource = entry && entry.resource;
      if (!resource || typeof resource !== "object" || Array.isArray(resource)) continue;
      if (typeof entry.fullUrl === "string" && !index.has(entry.fullUrl)) index.set(entry.fullUrl, resource);
      const name = `${resource.resourceType}/${resource.id}`;
      if (typeof resource.id === "string" && !index.has(name)) index.set(name, resource);
    }
  }
  return index.get(reference) || null;
}
const resolve = {
  fn: (items) =>
    items.flatMap((item) => {
      const value = item && item.data !== undefined ? item.data : item;
      const reference = value && typeof value === "object" ? value.reference : value;
      if (typeof reference !== "string" || !reference) return [];
      const found = find(reference, item);
      return found ? [found] : [];
    }),
  arity: { 0: [] },
};
const options = { userInvocationTable: { resolve }, traceFn: () => {} };

const compiled = new Map();
function compile(text, base) {
  const key = base + "\u0000" + text;
  if (!compiled.has(key)) {
    try {
      compiled.set(key, fhirpath.compile(base ? { base, expression: text } : text, model, options));
    } catch (error) {
      compiled.set(key, { error: String(error.message || error) });
    }
  }
  return compiled.get(key);
}
function part(document, steps) {
  return steps.reduce((at, step) => (at === undefined || at === null ? at : at[step]), document);
}
function evaluate(job) {
  const [e, d, base, steps] = job;
  if (root !== input.documents[d]) {
    root = input.documents[d];
    index = null;
  }
  const expression = compile(input.expressions[e], base || "");
  if (expression.error) throw new Error("syntax: " + expression.error);
  return expression(steps ? part(root, steps) : root, { resource: root, rootResource: root });
}
const out = [];
const timing = process.argv[3] === "time";
if (timing) {
  for (const job of input.jobs.slice(0, 300)) {
    try { evaluate(job); } catch { /* warm-up */ }
  }
}
for (const job of input.jobs) {
  const start = process.hrtime.bigint();
  let line;
  try {
    const value = evaluate(job);
    line = timing ? null : { value };
  } catch (error) {
    line = timing ? null : { error: String((error && error.message) || error).slice(0, 200) };
  }
  const elapsed = Number(process.hrtime.bigint() - start) / 1000;
  out.push(timing ? elapsed.toFixed(1) : JSON.stringify(line));
}
fs.writeSync(1, out.join("\n") + "\n");
