// Kinora by its REST API, as a script uses it.
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import http from 'node:http';
import { footage } from './footage.mjs';
import { psql } from './psql.mjs';

export const baseURL = process.env.KINORA_BASE_URL;
const LANES = 4;

// The server listens on 127.0.0.1 alone; without a family Node would knock at ::1 first.
const keepAlive = new http.Agent({ keepAlive: true, family: 4 });

/** One request on a kept connection; `firstByte` and `ms` are milliseconds to the answer's head and to its end. */
export function request(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const length = body ? { 'content-length': body.length } : {};
    const sent = http.request(url, { method, agent: keepAlive, headers: { ...length, ...headers } }, (answer) => {
      const firstByte = performance.now() - begun;
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const ms = performance.now() - begun;
        resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks), firstByte, ms });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The same, and an error if it isn't answered by `status`. */
export async function expectStatus(status, url, options) {
  const answer = await request(url, options);
  if (answer.status !== status) {
    throw new Error(`${options?.method ?? 'GET'} ${url} answered ${answer.status}: ${answer.body.subarray(0, 300)}`);
  }
  return answer;
}

async function api(status, method, path, json, headers) {
  const body = json && Buffer.from(JSON.stringify(json));
  const type = json && { 'content-type': 'application/json' };
  const answer = await expectStatus(status, `${baseURL}/api/v1${path}`, { method, headers: { ...type, ...headers }, body });
  return answer.body.length ? JSON.parse(answer.body) : undefined;
}

let account;

/** The account that all of a bench's films belong to. */
export function credentials() {
  account ??= (async () => {
    const username = `bench${randomBytes(4).toString('hex')}`;
    const password = randomBytes(12).toString('hex');
    await api(201, 'POST', '/accounts', { username, email: `${username}@example.org`, password });
    return { username, password };
  })();
  return account;
}

let authorization;

async function signIn() {
  const { username, password } = await credentials();
  const { access_token: token } = await api(201, 'POST', '/tokens', { login: username, password });
  return { authorization: `Bearer ${token}` };
}

/** A call of that account. */
export async function authorized(status, method, path, json) {
  authorization ??= await signIn();
  return api(status, method, path, json, authorization);
}

/** Sends all bytes of a public film of `size`, which `read(start, length)` gives: its id, and how to complete it. */
export async function send(title, size, read) {
  const asked = { file_name: `${title}.mp4`, size, title, visibility: 'public' };
  const plan = await authorized(201, 'POST', '/uploads', asked);
  let next = 1;
  const lane = async () => {
    while (next <= plan.part_count) {
      const number = next++;
      const signing = { parts: [{ number }] };
      const { parts } = await authorized(200, 'POST', `/uploads/${plan.upload_id}/parts`, signing);
      const start = (number - 1) * plan.part_size;
      const body = read(start, Math.min(plan.part_size, size - start));
      await expectStatus(200, parts[0].url, { method: 'PUT', headers: parts[0].headers, body });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const complete = () => authorized(202, 'POST', `/uploads/${plan.upload_id}/complete`);
  return { id: plan.video_id, complete };
}

/** Sends a file, however large. */
export async function sendFile(title, path) {
  const file = openSync(path);
  const read = (start, length) => {
    const part = Buffer.alloc(length);
    readSync(file, part, 0, length, start);
    return part;
  };
  try {
    return await send(title, fstatSync(file).size, read);
  } finally {
    closeSync(file);
  }
}

/** Sends a film and completes it; its id. */
export async function upload(title, size, read) {
  const { id, complete } = await send(title, size, read);
  await complete();
  return id;
}

export async function uploadFile(title, path) {
  const { id, complete } = await sendFile(title, path);
  await complete();
  return id;
}

export const video = (id) => authorized(200, 'GET', `/videos/${id}`);

/** Deletes films, and what they have in S3 at once: who measures next should find room, and nothing going on. */
export async function remove(...ids) {
  for (const id of ids) await authorized(204, 'DELETE', `/videos/${id}`);
  psql("UPDATE tasks SET run_after = now() WHERE kind = 'delete_video' AND state = 'open'");
}

/** Follows the event stream to `ready`; milliseconds from the first sight of `processing`. */
export async function untilReady(id) {
  const states = await new Promise((resolve, reject) => {
    const url = `${baseURL}/api/v1/videos/${id}/events`;
    const seen = {};
    let text = '';
    const sent = http.get(url, { family: 4, headers: authorization }, (answer) => {
      answer.on('error', reject);
      answer.on('end', () => resolve(seen));
      answer.on('data', (chunk) => {
        text += chunk;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const state = /"state":"(\w+)"/.exec(text.slice(0, end))?.[1];
          if (state) seen[state] ??= performance.now();
          text = text.slice(end + 2);
        }
      });
    });
    sent.on('error', reject);
  });
  if (!states.ready) throw new Error(`film ${id} ended as ${Object.keys(states).at(-1) ?? 'nothing'}`);
  return states.ready - (states.processing ?? states.ready);
}

/** The addresses that a player goes through, each from the one before. */
export async function playlists(id) {
  const { playback } = await video(id);
  const master = new URL(playback.hls, baseURL);
  const text = `${(await expectStatus(200, master)).body}`;
  const media = new URL(text.split('\n').find((line) => line && !line.startsWith('#')), master);
  const lines = `${(await expectStatus(200, media)).body}`.split('\n');
  return { address: master, master: text, object: new URL(lines.find((line) => line && !line.startsWith('#')), media).href };
}

let short;

/** A film that can be watched, made once. */
export function watchable() {
  short ??= (async () => {
    const id = await uploadFile('A walk through the pattern', footage(8));
    await untilReady(id);
    return id;
  })();
  return short;
}

