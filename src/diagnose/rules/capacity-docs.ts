/** What the capacity rules say, without the figures that are in the real words; for the documentation. A test holds them to the rules. */
export const capacityDocs = [
  {
    rule: 'one-slow-neighbour',
    severity: 'error',
    cause: 'All threads are taken by requests that wait at the same line for something outside (half a minute of it).',
    remedy: 'Give that call a timeout, or keep it out of requests; more threads would only wait there as well.',
  },
  {
    rule: 'cpu-bound',
    severity: 'warn',
    cause: 'The processes compute all the time, each on the one core that its interpreter (GIL) can use.',
    remedy: 'Use more processes, not more threads, up to the number of cores; it names how many.',
  },
  {
    rule: 'too-few-threads',
    severity: 'warn',
    cause: 'Threads are busy for 90 % of half a minute, requests wait for one, and the processor has time.',
    remedy: "It names the --threads that would have held the load: by Little's law, at 75 % busy.",
  },
  {
    rule: 'memory-climbs',
    severity: 'warn',
    cause: 'A process has grown by a fifth and 20 MiB within five minutes, steadily.',
    remedy: 'Look for lists and caches at module level that only grow; --maximum-requests replaces the process in time.',
  },
  {
    rule: 'memory-bound',
    severity: 'warn',
    cause: 'The machine has no memory for another daemon process.',
    remedy: 'Use fewer --processes with more --threads each, and set --memory-limit.',
  },
  {
    rule: 'too-many-threads',
    severity: 'info',
    cause: 'Never more than a third of the threads were busy in ten minutes, a tenth on average.',
    remedy: 'It names the --processes or --threads that would do, and the memory that gives back.',
  },
];
