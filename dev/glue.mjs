// Makes lighter what wasm-bindgen puts between wasm and the browser: `node dev/glue.mjs FOLDER`, where kinora.js and
// kinora_bg.wasm are. The names of what wasm imports stand in both, and nobody reads them.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node dev/glue.mjs FOLDER');
  process.exit(2);
}
const MODULE = './kinora_bg.js';
const IMPORT_SECTION = 2;
/** Module and magic number. */
const HEADER_BYTES = 8;

const script = join(folder, 'kinora.js');
const core = join(folder, 'kinora_bg.wasm');

/** An unsigned LEB128 at `at`, and where it ends. */
function number(bytes, at) {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte < 0x80) return [value, at];
  }
}

function encoded(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value = Math.floor(value / 128);
  } while (value);
  return Buffer.from(bytes);
}

function text(bytes, at) {
  const [length, begin] = number(bytes, at);
  return [bytes.toString('utf8', begin, begin + length), begin + length];
}

/** Where what is imported ends, of which a description begins at `at`. */
function descriptionEnd(bytes, at) {
  const kind = bytes[at++];
  const limits = (at) => {
    const flags = bytes[at++];
    [, at] = number(bytes, at);
    return flags & 1 ? number(bytes, at)[1] : at;
  };
  if (kind === 0) return number(bytes, at)[1];
  if (kind === 1) return limits(at + 1);
  if (kind === 2) return limits(at);
  if (kind === 3) return at + 2;
  throw new Error(`an import of kind ${kind}: not known here`);
}

/** `wasm` with short names for what it imports from the script, and which they are. */
function renamed(wasm) {
  const short = new Map();
  const sections = [wasm.subarray(0, HEADER_BYTES)];
  for (let at = HEADER_BYTES; at < wasm.length; ) {
    const [length, begin] = number(wasm, at + 1);
    const end = begin + length;
    if (wasm[at] === IMPORT_SECTION) {
      const body = imports(wasm, begin, short);
      sections.push(Buffer.from([IMPORT_SECTION]), encoded(body.length), body);
    } else sections.push(wasm.subarray(at, end));
    at = end;
  }
  return [Buffer.concat(sections), short];
}

function imports(wasm, begin, short) {
  let [count, at] = number(wasm, begin);
  const parts = [encoded(count)];
  for (; count; count--) {
    const [module, nameAt] = text(wasm, at);
    const [name, kindAt] = text(wasm, nameAt);
    const end = descriptionEnd(wasm, kindAt);
    let called = name;
    if (module === MODULE) {
      if (!short.has(name)) short.set(name, `_${short.size.toString(36)}`);
      called = short.get(name);
    }
    parts.push(wasm.subarray(at, nameAt), encoded(called.length), Buffer.from(called), wasm.subarray(kindAt, end));
    at = end;
  }
  return Buffer.concat(parts);
}

const pieces = readdirSync(folder).filter((name) => name.endsWith('.wasm') && join(folder, name) !== core);
const others = pieces.filter((name) => readFileSync(join(folder, name)).includes(MODULE));
if (others.length) throw new Error(`not only the core imports from ${MODULE}, but ${others.join(', ')}`);

const [wasm, short] = renamed(readFileSync(core));
const words = readFileSync(script, 'utf8').replaceAll(/\b__wb\w+/g, (name) => short.get(name) ?? name);
writeFileSync(core, wasm);
writeFileSync(script, transformSync(words, { minify: true, format: 'esm', target: 'es2022' }).code);
