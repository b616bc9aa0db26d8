// Bundles the player: `node frontend/player/build.mjs OUTDIR` writes OUTDIR/start.js and OUTDIR/player.js.
// hls.js is built from its sources, without what Kinora never serves; `slim.mjs` says what that is.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { features, slimHls } from './slim.mjs';

const outdir = process.argv[2];
if (!outdir) {
  console.error('usage: node frontend/player/build.mjs OUTDIR');
  process.exit(2);
}

const here = fileURLToPath(new URL('.', import.meta.url));
const outfile = resolve(outdir, 'player.js');
const shape = { bundle: true, minify: true, format: 'esm', target: 'es2022', legalComments: 'none', logLevel: 'warning' };

await build({ ...shape, entryPoints: [resolve(here, 'start.js')], outfile: resolve(outdir, 'start.js'), external: ['./player.js'] });
await build({
  ...shape,
  entryPoints: [resolve(here, 'player.js')],
  outfile,
  banner: { js: '/*! Kinora player; contains hls.js, Apache-2.0, (c) Dailymotion and contributors */' },
  define: await features(),
  plugins: [slimHls()],
});

const bytes = await readFile(outfile);
const kilobytes = (count) => (count / 1000).toFixed(1);
console.log(
  `player.js ${kilobytes(bytes.length)} kB, brotli ${kilobytes(brotliCompressSync(bytes).length)} kB`,
);
