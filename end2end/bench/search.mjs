// Search in ten thousand films: how long it takes, and whether the film that was meant is among the first three.
import { between, fill, films, owners, pick, random } from './catalogue.mjs';
import { baseURL, expectStatus } from './kinora.mjs';
import { milliseconds, percent, percentile } from './table.mjs';

const FILMS = 10_000;
const QUERIES = 100;
const TOP = 3;

const plain = (text) => text.toLowerCase().replaceAll('.', '');

/** Some words that follow each other. */
function stretch(text, length) {
  const words = plain(text).split(' ');
  const start = between(0, Math.max(0, words.length - length));
  return words.slice(start, start + length).join(' ');
}
const holds = (text, phrase) => ` ${plain(text)} `.includes(` ${phrase} `);

/** Each makes what is typed, and the judge of a film found: films that nobody could tell apart are all right. */
const kinds = {
  'words of a title': () => {
    const phrase = stretch(pick(films).title, 3);
    return [phrase, (film) => holds(film.title, phrase)];
  },
  'the same with a typo': () => {
    const phrase = stretch(pick(films).title, 3);
    return [misspelt(phrase), (film) => holds(film.title, phrase)];
  },
  'a person': () => {
    const film = pick(films);
    return [owners[film.owner].username, (found) => found.owner === film.owner];
  },
  'words of a description': () => {
    const phrase = stretch(pick(films).description, 5);
    return [phrase, (film) => holds(film.description, phrase)];
  },
};

export async function search() {
  fill(FILMS);
  const known = new Map(films.map((film) => [film.id, film]));
  const asked = Object.entries(kinds).map(([name, make]) => ({ name, times: [], right: 0, queries: repeat(make) }));
  await ask('warm up');
  for (let at = 0; at < QUERIES; at++) {
    for (const kind of asked) {
      const [text, isRight] = kind.queries[at];
      const { ms, items } = await ask(text);
      kind.times.push([ms, text]);
      const first = items.slice(0, TOP).map(({ id }) => known.get(id));
      if (first.some((film) => film && isRight(film))) kind.right++;
    }
  }
  return [...asked, together(asked)].map(({ name, times, right }) => {
    const all = times.map(([ms]) => ms);
    const [slowest, text] = times.reduce((worst, one) => (one[0] > worst[0] ? one : worst));
    const more = [
      `p95 ${milliseconds(percentile(all, 0.95))}`,
      `right film in the first ${TOP}: ${percent(right / times.length)}`,
      `slowest ${milliseconds(slowest)}: ${text}`,
    ];
    return [`${name}, ${times.length} queries`, `p50 ${milliseconds(percentile(all, 0.5))}`, more.join('; ')];
  });
}

const repeat = (make) => Array.from({ length: QUERIES }, make);

function together(kinds) {
  return {
    name: 'all of them',
    times: kinds.flatMap(({ times }) => times),
    right: kinds.reduce((sum, { right }) => sum + right, 0),
  };
}

async function ask(text) {
  const { ms, body } = await expectStatus(200, `${baseURL}/api/v1/videos?q=${encodeURIComponent(text)}`);
  return { ms, items: JSON.parse(body).items };
}

/** One slip of the finger in the longest word. */
function misspelt(phrase) {
  const words = phrase.split(' ');
  const longest = words.reduce((best, word, at) => (word.length > words[best].length ? at : best), 0);
  const letters = [...words[longest]];
  const at = between(1, letters.length - 2);
  const slips = [
    () => letters.splice(at, 1),
    () => letters.splice(at, 0, pick([...'aeiourst'])),
    () => letters.splice(at, 2, letters[at + 1], letters[at]),
    () => letters.splice(at, 1, pick([...'bdfkmpvz'])),
  ];
  slips[Math.floor(random() * slips.length)]();
  words[longest] = letters.join('');
  return words.join(' ');
}
