// How long a process has kept the processor busy, as Linux counts it.
import { readFileSync } from 'node:fs';

export interface ProcessorTime {
  readonly userSeconds: number;
  readonly kernelSeconds: number;
}

/** What Linux counts in, for user space. */
const TICKS_PER_SECOND = 100;

export function processorTime(pid: number): ProcessorTime {
  const fields = fieldsOf(pid);
  return { userSeconds: Number(fields[11]) / TICKS_PER_SECOND, kernelSeconds: Number(fields[12]) / TICKS_PER_SECOND };
}

/** The same together, with that of its children, be they gone or not. */
export function processorSecondsWithChildren(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  const pids = children === '' ? [pid] : [pid, ...children.split(' ').map(Number)];
  const ticks = pids.flatMap((one) => fieldsOf(one).slice(11, 15).map(Number));
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND;
}

function fieldsOf(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Behind the name, which may hold anything, from the state on (man proc_pid_stat): fields 14 to 17.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
