import { readdirSync } from 'node:fs';
import { known } from './machine.mjs';

/** Bytes that the browsers of this process hold, all their processes together; what they share is counted once. */
export function memoryOfBrowsers(): number {
  const parents = new Map<string, string[]>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    // The second field is the program's name, which may hold blanks.
    const parent = known(`/proc/${pid}/stat`).split(') ').at(-1)!.split(' ')[1];
    if (parent) parents.set(parent, [...(parents.get(parent) ?? []), pid]);
  }
  const held = (pid: string): number => {
    const own = /^Pss: +(\d+) kB/m.exec(known(`/proc/${pid}/smaps_rollup`));
    return 1024 * Number(own?.[1] ?? 0) + (parents.get(pid) ?? []).map(held).reduce((sum, bytes) => sum + bytes, 0);
  };
  return (parents.get(`${process.pid}`) ?? []).map(held).reduce((sum, bytes) => sum + bytes, 0);
}
