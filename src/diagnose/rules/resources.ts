import type {LogRule} from '../rule.ts';

const DESCRIPTORS =
  'Look with "ls -l /proc/PID/fd" what they are; close files and connections (with), then raise the limit in --envvars-script (ulimit -n).';

/** What the machine has no more of. Before all others: whatever fails because of it is only a consequence. */
export const resourceRules: LogRule[] = [
  {
    rule: 'disk-full',
    severity: 'error',
    by: 'error',
    match: /\[Errno 28\]|No space left on device/,
    cause: 'A disk that the application writes to is full.',
    remedy: 'Make room ("df -h", and "df -i" for inodes); --rotate-logs and --max-log-size keep the logs small.',
  },
  {
    rule: 'disk-full-server',
    severity: 'error',
    by: 'server',
    match: /\(28\)No space left on device/,
    cause: 'A disk, or shared memory, that Apache writes to is full.',
    remedy: 'Make room ("df -h"); for semaphores and shared memory see "ipcs" and /dev/shm.',
  },
  {
    rule: 'too-many-files',
    severity: 'error',
    by: 'error',
    match: /\[Errno 24\]|Too many open files/,
    cause: 'The daemon process has as many files and connections open as it may: something opens them and does not close them.',
    remedy: DESCRIPTORS,
  },
  {
    rule: 'too-many-files-server',
    severity: 'error',
    by: 'server',
    match: /\(24\)Too many open files/,
    cause: 'An Apache process has as many files and connections open as it may.',
    remedy: 'Raise the limit in --envvars-script (ulimit -n), or lower --max-clients.',
  },
  {
    rule: 'out-of-memory',
    severity: 'error',
    by: 'error',
    match: /^MemoryError/,
    cause: 'The process got no more memory: it has reached --memory-limit or --virtual-memory-limit, or the machine has none left.',
    remedy: 'See which request needs that much; read and send in pieces; raise the limit only if the machine has room.',
  },
  {
    rule: 'memory-used-up',
    severity: 'error',
    by: 'app',
    versions: '4.x',
    match: /^\[crit\] Memory allocation failed, aborting process/,
    cause: 'A process of Apache got no more memory and ended itself.',
    remedy: 'See Processes for who uses it; raise --memory-limit and --virtual-memory-limit, or lower --processes.',
  },
  {
    rule: 'no-more-threads',
    severity: 'error',
    by: 'error',
    match: /can't start new thread/,
    cause: 'The process may not start another thread: it has too many already, or its user has too many processes.',
    remedy: 'Look for threads that never end in Stacks; the limits are "ulimit -u" and the container\'s pids.max.',
  },
];
