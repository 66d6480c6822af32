import {readdirSync, readFileSync} from 'node:fs';

/**
 * Tells from now on how many milliseconds the threads of these processes have been ready to run and were given no processor (schedstat in /proc). That is
 * what a test allows for beyond a promised time: nothing on a machine that is free, nor where the kernel does not count.
 */
export function lateness(...pids: number[]): () => number {
  const before = pids.map(keptOne);
  return () => pids.reduce((sum, pid, index) => sum + Math.max(0, keptOne(pid) - before[index]!), 0);
}

function keptOne(pid: number): number {
  let nanoseconds = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const [, waited = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      nanoseconds += Number(waited);
    }
  } catch {
    // It has ended, or the kernel does not count.
  }
  return nanoseconds / 1e6;
}
