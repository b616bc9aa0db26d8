// How Chromium is started, by the journeys and by shots.mjs.
export const executablePath = process.env.KINORA_CHROMIUM || '/usr/bin/chromium';
export const baseURL = process.env.KINORA_BASE_URL || 'http://localhost:3000';
export const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];
