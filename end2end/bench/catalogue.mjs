// Films that exist as rows alone, the same in every run: words as often as in a language (Zipf), put straight into
// PostgreSQL.
import { psql } from './psql.mjs';

const OWNERS = 500;
const VOCABULARY = 20_000;
const COMMON = `the of and a to in is it was that for on with as his they at be this from have or by one had not but what
  all were when we there can an your which their said if do will each about how up out them then she many some so these
  would other into has more her two like him see time could no make than first been its who now people my made over did
  down only way find use may water long little very after words called just where most know`.split(/\s+/);

export const films = [];
export const owners = [];

let seed = 20_260;

/** 0 to 1, evenly (mulberry32). */
export function random() {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

export const between = (low, high) => low + Math.floor(random() * (high - low + 1));
export const pick = (list) => list[between(0, list.length - 1)];

function invented() {
  const syllable = () => pick('b bl c ch d dr f g gl h k l m n p pr r s sh st t th tr v w'.split(' ')) + pick([...'aeiou', 'ea', 'ou']);
  const end = pick(['', '', 'n', 'r', 'l', 's', 't', 'nd', 'ck', 'ng', 'ly', 'er', 'ing', 'ed']);
  return Array.from({ length: between(1, 3) }, syllable).join('') + end;
}

let words;
let weights;

function vocabulary() {
  const known = new Set(COMMON);
  while (known.size < VOCABULARY) {
    const word = invented();
    if (word.length > 3) known.add(word);
  }
  words = [...known];
  let sum = 0;
  weights = words.map((_, rank) => (sum += 1 / (rank + 2.7)));
}

/** The n-th most frequent word comes about 1/n as often as the most frequent. */
function word(from = 0) {
  const floor = from ? weights[from - 1] : 0;
  const target = floor + random() * (weights.at(-1) - floor);
  let [low, high] = [from, words.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (weights[middle] < target) low = middle + 1;
    else high = middle;
  }
  return words[low];
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function title() {
  const length = between(2, 6);
  // Titles are made of rarer words, with a "the" or an "of" between.
  const inner = (at) => at > 0 && at < length - 1 && random() < 0.35;
  return Array.from({ length }, (_, at) => (inner(at) ? word() : capital(word(COMMON.length)))).join(' ');
}

function description() {
  let left = between(200, 400);
  const sentences = [];
  while (left > 0) {
    const length = Math.min(left, between(6, 22));
    sentences.push(`${capital(Array.from({ length }, () => word()).join(' '))}.`);
    left -= length;
  }
  return sentences.join(' ');
}

function made(number) {
  const minutes = between(1, 180);
  return {
    id: `bench${String(number).padStart(7, '0')}`,
    owner: between(0, OWNERS - 1),
    title: title(),
    description: description(),
    duration: minutes * 60_000,
    published: new Date(Date.UTC(2024, 0, 1) + number * 600_000).toISOString(),
  };
}

function owner(number) {
  return { id: `benchowner${String(number).padStart(2, '0')}`.slice(-12), username: `${word(COMMON.length)}${between(10, 99)}x${number}` };
}

/** Sees to it that there are `count` films. */
export function fill(count) {
  if (films.length >= count) return;
  let script = '';
  const copy = (table, columns, rows) => {
    script += `COPY ${table} (${columns}) FROM stdin;\n${rows.map((row) => row.join('\t')).join('\n')}\n\\.\n`;
  };
  if (!owners.length) {
    vocabulary();
    for (let number = 0; number < OWNERS; number++) owners.push(owner(number));
    copy('users', 'id, username, email', owners.map(({ id, username }) => [id, username, `${username}@example.org`]));
  }
  const fresh = Array.from({ length: count - films.length }, (_, at) => made(films.length + at));
  films.push(...fresh);
  const rows = fresh.map((film) => {
    const { id, title, description, duration, published } = film;
    return [id, owners[film.owner].id, title, description, 'public', 'ready', duration, 1920, 1080, published, published];
  });
  const columns = 'id, owner_id, title, description, visibility, state, duration_ms, width, height, created_at, published_at';
  copy('videos', columns, rows);
  // What autovacuum does to a table that has grown.
  psql(`${script}VACUUM ANALYZE videos, video_search, users;\n`);
}
