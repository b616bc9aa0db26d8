// Leaves out of hls.js what no film of ours has: DRM, ads, MPEG-TS, captions inside the picture; and what it logs.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';

const root = dirname(createRequire(import.meta.url).resolve('hls.js/package.json'));
const source = resolve(root, 'src');

const neverProbes = 'export default class { static probe() { return false } }';

/** Modules replaced as a whole, by their path in hls.js/src. */
const stubs = {
  'demux/tsdemuxer.ts': neverProbes,
  'demux/audio/aacdemuxer.ts': neverProbes,
  'demux/audio/mp3demuxer.ts': neverProbes,
  'demux/audio/ac3-demuxer.ts': 'export class AC3Demuxer {}',
  'demux/transmuxer-worker.ts': '',
  'controller/eme-controller.ts': 'export default undefined',
  'crypt/decrypter.ts': `
    export default class {
      reset() {}
      flush() { return null }
      destroy() {}
      isSync() { return false }
      decrypt() { return Promise.reject(new Error('encrypted films are not supported')) }
    }`,
  'utils/fetch-loader.ts': 'export default undefined; export function fetchSupported() { return false }',
  'controller/cmcd-controller.ts': 'export default undefined',
  // Timed metadata of broadcasters.
  'controller/id3-track-controller.ts': 'export default undefined',
  'controller/interstitials-controller.ts': 'export default undefined',
  'controller/iframe-controller.ts': 'export const IFrameController = undefined',
  'utils/output-filter.ts': 'export default class {}',
  'utils/cea-608-parser.ts': 'export default class { reset() {} addData() {} }',
  // Without the codec string WebVTT cues vanish.
  'utils/imsc1-ttml-parser.ts': `
    export const IMSC1_CODEC = 'stpp.ttml.im1t';
    export function parseIMSC1(payload, start, done, failed) { failed(new Error('IMSC1 is not supported')) }`,
};

/** The remuxer of MPEG-TS goes; three helpers in its file serve CMAF and WebVTT as well. */
async function remuxerHelpers(path) {
  const text = await readFile(path, 'utf8');
  const from = text.indexOf('export default class MP4Remuxer');
  const to = text.indexOf('\n}\n', from) + 2;
  if (from < 0 || to < from) throw new Error(`${path} has changed: look again at what can be left out`);
  return `${text.slice(0, from)}export default class {}\n${text.slice(to)}`;
}

const LOG = /^[ \t]*(?:this|self|hls|logger)[\w.]*\.(?:log|warn|debug)\(/gm;

/** What it would say to who looks for faults in hls.js: a tenth of it. */
function withoutLogs(text) {
  let kept = '';
  let from = 0;
  for (const { index, 0: start } of text.matchAll(LOG)) {
    const end = closing(text, index + start.length);
    if (index < from || text[end + 1] !== ';') continue;
    // The semicolon stays: the statement may be all that an `if` has.
    kept += text.slice(from, index);
    from = end + 1;
  }
  return kept + text.slice(from);
}

/** Where the parenthesis closes that is open before `at`. */
function closing(text, at) {
  const open = [')'];
  for (; open.length; at++) {
    const [char, wanted] = [text[at], open.at(-1)];
    if (char === undefined) throw new Error('a call of a log does not end');
    const isText = '\'"`'.includes(wanted);
    if (char === '\\') at++;
    else if (char === wanted) open.pop();
    else if (wanted === '`' && char === '$' && text[at + 1] === '{') open.push('}'), at++;
    else if (isText) continue;
    else if ('([{'.includes(char)) open.push({ '(': ')', '[': ']', '{': '}' }[char]);
    else if ('\'"`'.includes(char)) open.push(char);
  }
  return at - 1;
}

export function slimHls() {
  return {
    name: 'slim-hls',
    setup(build) {
      build.onResolve({ filter: /^hls\.js/ }, ({ path }) => {
        const name = path.slice('hls.js'.length) || '/hls';
        return { path: resolve(source, `.${name}.ts`), sideEffects: false };
      });
      const missing = new Set(Object.keys(stubs));
      build.onLoad({ filter: /hls\.js[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
        const name = relative(source, path).split(sep).join('/');
        if (name === 'remux/mp4-remuxer.ts') return { contents: await remuxerHelpers(path), loader: 'ts' };
        if (!(name in stubs)) return { contents: withoutLogs(await readFile(path, 'utf8')), loader: 'ts' };
        missing.delete(name);
        return { contents: stubs[name], loader: 'js' };
      });
      build.onEnd(() => {
        // A renamed module would come back in full weight, and nobody would notice.
        if (missing.size) return { errors: [{ text: `not found in hls.js: ${[...missing].join(', ')}` }] };
        return undefined;
      });
    },
  };
}

/** hls.js's own build switches. */
export async function features() {
  const { version } = JSON.parse(await readFile(resolve(root, 'package.json'), 'utf8'));
  const on = ['ALT_AUDIO', 'SUBTITLES', 'MEDIA_CAPABILITIES'];
  const off = [
    'EME_DRM',
    'CMCD',
    'CONTENT_STEERING',
    'VARIABLE_SUBSTITUTION',
    'M2TS_ADVANCED_CODECS',
    'INTERSTITIALS',
    'IFRAMES',
  ];
  return {
    __VERSION__: JSON.stringify(version),
    __IN_WORKER__: 'false',
    __HLS_WORKER_BUNDLE__: 'undefined',
    ...Object.fromEntries(on.map((name) => [`__USE_${name}__`, 'true'])),
    ...Object.fromEntries(off.map((name) => [`__USE_${name}__`, 'false'])),
  };
}
