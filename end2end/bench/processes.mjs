// What the kernel knows of Kinora's processes: proc(5).
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { known } from '../machine.mjs';

export const pids = { server: process.env.KINORA_SERVER_PID, worker: process.env.KINORA_WORKER_PID };
/** `sysconf(_SC_CLK_TCK)` of every Linux that Node runs on. */
const TICKS = 100;

/** Seconds of CPU that a process and its children that have ended have used, in user and kernel. */
export function cpuSeconds(pid) {
  // The second field is the program's name, which may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}

/** Seconds that the machine's cores have worked since it began, for whomever. */
export function busySeconds() {
  const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/ +/).slice(1);
  return [user, nice, system, irq, softirq].reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}

/** Bytes of a page of memory. */
const PAGE = Number(execFileSync('getconf', ['PAGESIZE']));

/**
 * Bytes that a process and its children hold now. What they map of files is counted once, as the most that one does:
 * asking the kernel whom each page is shared by would keep a core busy beside what is measured.
 */
export function held(pid) {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    known(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean),
  );
  const of = (one) => {
    const [, resident = 0, shared = 0] = known(`/proc/${one}/statm`).split(' ').map(Number);
    return { own: resident - shared, shared };
  };
  const all = [pid, ...children].map(of);
  return PAGE * (all.reduce((sum, { own }) => sum + own, 0) + Math.max(...all.map(({ shared }) => shared)));
}

/** The most that a process and its children hold together while `work` goes on, looked at ten times a second. */
export async function peakWhile(pid, work) {
  let peak = held(pid);
  const timer = setInterval(() => (peak = Math.max(peak, held(pid))), 100);
  try {
    const result = await work();
    return { result, peak };
  } finally {
    clearInterval(timer);
  }
}
