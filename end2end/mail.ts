import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@playwright/test';

export interface Mail {
  subject: string;
  text: string;
  /** Where its link leads, without the site's name. */
  link: string;
}

function read(message: string): Mail {
  // The first part is the text.
  const text = message.split('\n--')[1] ?? '';
  const link = /^https?:\/\/[^/]+(\S*)$/m.exec(text)?.[1] ?? '';
  return { subject: /^Subject: (.*)$/m.exec(message)?.[1] ?? '', text, link };
}

/** What lies in the folder for an address, the newest first. */
export function mailsTo(address: string): Mail[] {
  const folder = process.env.KINORA_MAIL_FOLDER!;
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.eml')) : [];
  const messages = names.sort().reverse().map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n'));
  return messages.filter((message) => message.includes(`\nTo: ${address}\n`)).map(read);
}

/** The newest mail of that subject, when it has come. */
export async function mailTo(address: string, subject: string): Promise<Mail> {
  await expect.poll(() => mailsTo(address).map((mail) => mail.subject)).toContain(subject);
  return mailsTo(address).find((mail) => mail.subject === subject)!;
}
