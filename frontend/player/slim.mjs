// Leaves out of hls.js what no film of ours has: DRM, ads, MPEG-TS, captions inside the picture.
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
        if (!(name in stubs)) return undefined;
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
