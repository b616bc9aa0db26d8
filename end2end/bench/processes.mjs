// What the kernel knows of Kinora's processes: proc(5).
import { readFileSync, writeFileSync } from 'node:fs';

export const pids = { server: process.env.KINORA_SERVER_PID, worker: process.env.KINORA_WORKER_PID };
/** `sysconf(_SC_CLK_TCK)` of every Linux that Node runs on. */
const TICKS = 100;

/** Bytes now and at most, since the last reset. */
export function resident(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (name) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)[1]);
  return { now: bytes('VmRSS'), peak: bytes('VmHWM') };
}

export function resetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Seconds of CPU that a process has used, in user and kernel. */
export function cpuSeconds(pid) {
  // The second field is the program's name, which may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
