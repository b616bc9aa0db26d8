import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from '@playwright/test';
import { args, baseURL, executablePath } from './browser.mjs';

export default defineConfig({
  testDir: './journeys',
  outputDir: process.env.KINORA_E2E_OUT || join(tmpdir(), 'kinora-e2e'),
  workers: 1,
  retries: 0,
  reporter: 'list',
  forbidOnly: !!process.env.CI,
  // A journey waits for real encoding on whatever machine this is.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  use: {
    baseURL,
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: { executablePath, args },
  },
});
