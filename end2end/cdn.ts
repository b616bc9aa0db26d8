import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './machine.mjs';

const SECRET = 'known to two';

/** A server that has a CDN, beside the one that all journeys have: the same films. */
export interface Cdn {
  /** Where the site is. */
  site: string;
  /** Where the CDN is: `KINORA_CDN_URL`. */
  url: string;
  close(): Promise<void>;
}

/** nginx as deploy/cdn/nginx.conf has it, and a server whose playlists lead there by tokens that live for so long. */
export async function cdn(seconds: number): Promise<Cdn> {
  const folder = mkdtempSync(join(tmpdir(), 'kinora-cdn-'));
  const [front, within, kinora] = [await freePort(), await freePort(), await freePort()];
  const [url, site] = [`http://127.0.0.1:${front}`, `http://127.0.0.1:${kinora}`];
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, { front, within, kinora, site }));
  const running = [
    spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], { stdio: 'inherit' }),
    spawn(join(process.env.KINORA_BIN_DIR!, 'kinora-server'), {
      stdio: 'ignore',
      env: {
        ...process.env,
        KINORA_LISTEN: `127.0.0.1:${kinora}`,
        KINORA_PUBLIC_URL: site,
        // The bucket has its rule from the other server: a browser reads nothing from there by way of a CDN.
        KINORA_S3_CORS_ORIGINS: '',
        KINORA_CDN_URL: url,
        KINORA_CDN_SECRET: SECRET,
        KINORA_CDN_SECONDS: `${seconds}`,
      },
    }),
  ];
  const close = async () => {
    await Promise.all(running.map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([answers(running[0], url), answers(running[1], `${site}/readyz`)]);
  } catch (error) {
    await close();
    throw error;
  }
  return { site, url, close };
}

/** The example with what it says is to be changed. */
function configuration(folder: string, { front, within, kinora, site }: Record<'front' | 'within' | 'kinora', number> & { site: string }) {
  let example = readFileSync(new URL('../deploy/cdn/nginx.conf', import.meta.url), 'utf8');
  const changes = {
    '/var/cache/nginx/kinora': join(folder, 'cache'),
    'server 127.0.0.1:3000;': `server 127.0.0.1:${kinora};`,
    'listen 80;': `listen 127.0.0.1:${front};`,
    'change-me': SECRET,
    '127.0.0.1:8089': `127.0.0.1:${within}`,
    'https://films.example': site,
  };
  for (const [theirs, ours] of Object.entries(changes)) example = example.replaceAll(theirs, ours);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${join(folder, name)};`);
  return [
    'daemon off; master_process off; user root;',
    `pid ${join(folder, 'pid')}; error_log ${join(folder, 'error.log')} warn;`,
    `events {} http { access_log off; ${temporary.join(' ')}`,
    example,
    '}',
  ].join('\n');
}

async function answers(child: ChildProcess, url: string) {
  for (;;) {
    const status = await fetch(url).then((answer) => answer.status, () => 0);
    if (status === 200 || status === 404) return;
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended at once (${child.exitCode})`);
    await sleep(50);
  }
}

async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
