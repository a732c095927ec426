// How long a process has kept the processor busy, as Linux counts it.
import { readFileSync } from 'node:fs';

export interface ProcessorTime {
  readonly userSeconds: number;
  readonly kernelSeconds: number;
}

/** What Linux counts in, for user space. */
const TICKS_PER_SECOND = 100;

export function processorTime(pid: number): ProcessorTime {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Behind the name, which may hold anything, from the state on (man proc_pid_stat): fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { userSeconds: Number(fields[11]) / TICKS_PER_SECOND, kernelSeconds: Number(fields[12]) / TICKS_PER_SECOND };
}
