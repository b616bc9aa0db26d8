// What the kernel knows of Kinora's processes: proc(5).
import { readFileSync, readdirSync } from 'node:fs';

export const pids = { server: process.env.KINORA_SERVER_PID, worker: process.env.KINORA_WORKER_PID };
/** `sysconf(_SC_CLK_TCK)` of every Linux that Node runs on. */
const TICKS = 100;

/** Seconds of CPU that a process and its children that have ended have used, in user and kernel. */
export function cpuSeconds(pid) {
  // The second field is the program's name, which may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}

/** Bytes that a process and its children hold now, what they share counted once. */
export function held(pid) {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  );
  const of = (one) => {
    try {
      return 1024 * Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'))[1]);
    } catch {
      // It has ended meanwhile.
      return 0;
    }
  };
  return [pid, ...children].reduce((sum, one) => sum + of(one), 0);
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
