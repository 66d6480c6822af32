import type {Diagnosis} from '../../model/diagnosis.ts';
import type {ExitInfo} from '../../model/events.ts';

export interface ExitRule {
  rule: string;
  severity: Diagnosis['severity'];
  match: (exit: ExitInfo) => boolean;
  cause: string;
  remedy: string;
}

/** Ends of Apache itself that status and signal tell of. The first that fits is meant. */
export const exitRules: ExitRule[] = [
  {
    rule: 'apache-killed',
    severity: 'error',
    match: ({signal}) => signal === 'SIGKILL',
    cause: 'Apache was killed from outside: by a person, a script, or the kernel when memory ran out.',
    remedy: 'See "dmesg | grep -i oom"; if it was the kernel, lower --processes or --threads.',
  },
  {
    rule: 'apache-crashed',
    severity: 'error',
    match: ({signal}) => ['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE'].includes(signal ?? ''),
    cause: "Apache's parent process crashed, most likely in one of its modules.",
    remedy: 'Leave modules of --include-file out one by one; "wsgideck doctor" says whether mod_wsgi and Python fit together.',
  },
  {
    rule: 'httpd-not-found',
    severity: 'error',
    match: ({code}) => code === 127,
    cause: 'The Apache program, or the shell that starts it, is not where it was looked for.',
    remedy: 'Give its path with --httpd-executable; "wsgideck doctor" says what to install.',
  },
  {
    rule: 'httpd-not-executable',
    severity: 'error',
    match: ({code}) => code === 126,
    cause: 'The Apache program was found but may not be run.',
    remedy: 'Check its permissions and those of its folders, or give another with --httpd-executable.',
  },
  {
    rule: 'apache-failed',
    severity: 'error',
    match: ({code, signal}) => signal === null && code !== 0 && code !== null,
    cause: 'Apache ended with an error and did not say why on the terminal.',
    remedy: 'Read the end of the error log in Logs; "--log-level debug" makes it say more.',
  },
];
