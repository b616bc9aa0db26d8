import { type APIRequestContext, expect } from '@playwright/test';

/** One address of every kind a film has: page, API, playlists, manifest, a segment, the poster. */
export async function addressesOf(request: APIRequestContext, id: string): Promise<string[]> {
  const video = await (await request.get(`/api/v1/videos/${id}`)).json();
  const master: string = video.playback.hls;
  const media = await firstLine(request, master);
  const segment = await firstLine(request, media);
  const { dash, poster } = video.playback;
  return [`/watch/${id}`, `/api/v1/videos/${id}`, master, media, dash, segment, poster].filter(Boolean);
}

async function firstLine(request: APIRequestContext, playlist: string): Promise<string> {
  const answer = await request.get(playlist);
  expect(answer.status(), playlist).toBe(200);
  const line = (await answer.text()).split('\n').find((text) => text && !text.startsWith('#'));
  expect(line, `${playlist} names something`).toBeTruthy();
  return new URL(line!, answer.url()).href;
}

/** Each address with the status it answers, redirects not followed. */
export async function statuses(request: APIRequestContext, addresses: string[]): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  for (const address of addresses) {
    answers[address] = (await request.get(address, { maxRedirects: 0 })).status();
  }
  return answers;
}
