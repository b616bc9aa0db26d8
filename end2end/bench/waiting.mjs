// Players that wait for more of a growing film, each by a blocking reload: what they cost the server, and how soon they
// hear of a publish. The worker is stopped meanwhile and its publishing done by SQL, so that nothing else is measured.
import { setTimeout as sleep } from 'node:timers/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { footage } from './footage.mjs';
import { baseURL, remove, uploadFile, video } from './kinora.mjs';
import { untilIdle } from './metrics.mjs';
import { cpuSeconds, held, pids } from './processes.mjs';
import { meanwhile, rows } from './psql.mjs';
import { megabytes, milliseconds, percentile } from './table.mjs';

const PLAYERS = 10_000;
const LENGTH = 40;
/** Milliseconds that the server holds a reload for; players come at all moments of that. */
const HOLD = 20_000;
/** Milliseconds between two publishes. */
const PAUSE = 3_000;
/** With one player, a round. */
const PUBLISHES = 5;
const { hostname, port } = new URL(baseURL);

export async function waiting({ rounds, players: count = PLAYERS }) {
  const film = await growing();
  try {
    const idle = await cost(HOLD / 2);
    const crowd = new Crowd(film.address);
    await crowd.join(1, 0);
    const alone = await publishes(film, crowd, PUBLISHES * rounds);
    crowd.wait(film.published);
    await crowd.join(count - 1, HOLD);
    const busy = await cost(HOLD);
    const together = await publishes(film, crowd, rounds);
    crowd.leave();
    return table({ count, idle, busy, alone, together });
  } finally {
    process.kill(Number(pids.worker), 'SIGCONT');
    await remove(film.id);
  }
}

function table({ count, idle, busy, alone, together }) {
  const each = (busy.memory - idle.memory) / count / 1000;
  const p = (times) => `p50 ${milliseconds(percentile(times, 0.5))}, p99 ${milliseconds(percentile(times, 0.99))}`;
  const share = ({ cpu }) => `${(100 * cpu).toFixed(1)} %`;
  return [
    [`server with ${count} waiting, CPU`, share(busy), `of one core; ${share(idle)} with none; each asks again every ${HOLD / 1000} s`],
    [`server with ${count} waiting, memory`, megabytes(busy.memory), `${megabytes(idle.memory)} with none: ${each.toFixed(1)} kB each`],
    ['publish to answer, one waiting', milliseconds(percentile(alone, 0.5)), `${p(alone)}, ${alone.length} publishes; aim: 200 ms`],
    [`publish to answer, ${count} waiting`, milliseconds(percentile(together, 0.5)), `${p(together)}; whoever waits has the same cores`],
  ];
}

/** A film of which some is published and no more will be, but by us. */
async function growing() {
  await untilIdle();
  const id = await uploadFile('A growing film', footage(LENGTH, { copyable: false, silent: true }));
  let playback;
  while (!({ playback } = await video(id)).playback) await sleep(50);
  process.kill(Number(pids.worker), 'SIGSTOP');
  const build = playback.hls.split('/')[3];
  const [[rung, count]] = rows(`SELECT rung, count(*) FROM segments WHERE build_id = '${build}' GROUP BY 1 ORDER BY 2 DESC LIMIT 1`);
  return { id, build, address: playback.hls.replace('master', rung), published: Number(count) };
}

/** Memory now, and CPU over a while. */
async function cost(ms) {
  const [cpu, begun] = [cpuSeconds(pids.server), performance.now()];
  await sleep(ms);
  return { cpu: (cpuSeconds(pids.server) - cpu) / ((performance.now() - begun) / 1000), memory: held(pids.server) };
}

/** Milliseconds from a publish's commit to each answer, of several publishes. */
async function publishes(film, crowd, rounds) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    crowd.wait(film.published);
    await sleep(PAUSE);
    times.push(...(await crowd.hear(() => publish(film))));
  }
  return times;
}

/** One more chunk of every size, as long as the first, as `builds::publish` does it. When it was about to be committed. */
async function publish(film) {
  const message = JSON.stringify({ v: 1, type: 'published', video: film.id, build: film.build });
  const answer = await meanwhile(`
    BEGIN;
    INSERT INTO segments (build_id, rung, chunk, fence, sizes, durations_ms)
      SELECT build_id, rung, ${film.published}, fence, sizes, durations_ms FROM segments
      WHERE build_id = '${film.build}' AND chunk = 0;
    INSERT INTO outbox (topic, key, payload) VALUES ('kinora.events', '${film.id}', '${message}');
    SELECT 1000 * extract(epoch FROM clock_timestamp());
    COMMIT;`);
  film.published++;
  return Number(answer);
}

/** Players, as thin as can be: each a socket that asks for a playlist, again and again. */
class Crowd {
  #players = [];
  #segment;
  #heard;

  constructor(address) {
    this.address = address;
  }

  /** So many more, spread over so many milliseconds. */
  async join(count, ms) {
    for (let at = 0; at < count; at++) {
      if (ms && at % 100 === 0) await sleep((100 * ms) / count);
      const socket = connect({ host: hostname, port, family: 4, noDelay: true });
      await once(socket, 'connect');
      const player = { socket, left: undefined };
      socket.on('data', (data) => this.#take(player, data));
      this.#players.push(player);
      if (this.#segment !== undefined) this.#ask(player);
    }
  }

  /** From now on all wait for the segment of that number. */
  wait(segment) {
    this.#segment = segment;
    for (const player of this.#players.filter(({ asked }) => !asked)) this.#ask(player);
  }

  /** `act` resolves with when it was done; milliseconds from then to each answer. */
  async hear(act) {
    const answered = new Promise((resolve) => (this.#heard = { times: [], resolve }));
    const begun = await act();
    const times = await answered;
    // Some were about to ask anew just then.
    return times.map((time) => time - begun).filter((time) => time > 0);
  }

  leave() {
    for (const { socket } of this.#players) socket.destroy();
  }

  #ask(player) {
    player.asked = true;
    player.text = '';
    player.socket.write(
      `GET ${this.address}?growing=1&_HLS_msn=${this.#segment} HTTP/1.1\r\nhost: ${hostname}\r\naccept-encoding: br, gzip\r\n\r\n`,
    );
  }

  #take(player, data) {
    player.text += data.toString('latin1');
    const [, head, length] = /^([^]*?content-length: (\d+)[^]*?\r\n\r\n)/i.exec(player.text) ?? [];
    const whole = length ? player.text.length >= head.length + Number(length) : player.text.endsWith('0\r\n\r\n');
    if (!whole) return;
    player.asked = false;
    const status = player.text.slice(9, 12);
    if (status !== '200') throw new Error(`a playlist was answered ${status}`);
    // Nothing came of the wait: every player goes on with it.
    if (!this.#heard) return this.#ask(player);
    const { times, resolve } = this.#heard;
    times.push(performance.timeOrigin + performance.now());
    if (times.length < this.#players.length) return;
    this.#heard = undefined;
    resolve(times);
  }
}
