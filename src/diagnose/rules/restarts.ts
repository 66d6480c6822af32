import type {Diagnosis} from '../../model/diagnosis.ts';
import type {RestartCause} from '../../model/events.ts';

/** What the end of a daemon process means, by its cause. */
export interface RestartRule {
  rule: string;
  severity: Diagnosis['severity'];
  cause: string;
  remedy: string;
}

/** In the order and by the names of `RestartCause`. */
export const restartRules: Record<RestartCause, RestartRule> = {
  'request-timeout': {
    rule: 'restart-request-timeout',
    severity: 'error',
    cause: 'A request ran longer than --request-timeout, so mod_wsgi gave up its whole process.',
    remedy:
      'Look at its stack in Incidents; give outside calls a timeout of their own, or raise --request-timeout if the work is meant to take long.',
  },
  'deadlock-timeout': {
    rule: 'restart-deadlock-timeout',
    severity: 'error',
    cause: 'No thread could take the interpreter (GIL) within --deadlock-timeout: one held it the whole time.',
    remedy: 'Look for C code that does not release the GIL or that runs in a sub interpreter; the stacks in Incidents name the line.',
  },
  'maximum-requests': {
    rule: 'restart-maximum-requests',
    severity: 'info',
    cause: 'The process has served --maximum-requests and was replaced, as asked.',
    remedy: 'Nothing, as long as it is rare; otherwise raise --maximum-requests or set --graceful-timeout, so that requests may finish.',
  },
  'inactivity-timeout': {
    rule: 'restart-inactivity',
    severity: 'info',
    cause: 'No request came within --inactivity-timeout, so the idle process was replaced to give its memory back.',
    remedy: 'Nothing; the next request waits for the application to load. Leave --inactivity-timeout out to keep it loaded.',
  },
  'cpu-time-limit': {
    rule: 'restart-cpu-limit',
    severity: 'warn',
    cause: 'The process has used up --cpu-time-limit.',
    remedy: 'Look for a request that computes without end in Stacks, or raise --cpu-time-limit.',
  },
  'memory-limit': {
    rule: 'restart-memory-limit',
    severity: 'error',
    cause: 'The process has used more memory than it may.',
    remedy: 'Look at which requests were in flight; raise --memory-limit, or use --maximum-requests until the leak is found.',
  },
  'restart-interval': {
    rule: 'restart-interval',
    severity: 'info',
    cause: 'The --restart-interval is over, so the process was replaced, as asked.',
    remedy: 'Nothing; set --graceful-timeout if requests are cut by it.',
  },
  'startup-timeout': {
    rule: 'restart-startup-timeout',
    severity: 'error',
    cause: 'The application could not be loaded within --startup-timeout.',
    remedy: 'The traceback of the load is in Logs, shortly before; repair it, or raise --startup-timeout if loading is only slow.',
  },
  graceful: {
    rule: 'restart-graceful',
    severity: 'info',
    cause: 'The process was asked to finish its requests and go (SIGUSR1).',
    remedy: 'Nothing; --graceful-timeout and --eviction-timeout say how long requests may take to finish.',
  },
  shutdown: {
    rule: 'restart-shutdown',
    severity: 'info',
    cause: 'The process was told to stop.',
    remedy: 'Nothing when it was asked for; requests longer than --shutdown-timeout are cut by it.',
  },
  reload: {
    rule: 'restart-reload',
    severity: 'info',
    cause: 'A file of the application was changed, so the process was replaced by one with the new code.',
    remedy: 'Nothing; leave --reload-on-changes out where files change without need.',
  },
  'script-changed': {
    rule: 'restart-script-changed',
    severity: 'info',
    cause: 'The WSGI script file was changed, and mod_wsgi replaces the process for that.',
    remedy: 'Nothing; if nobody has saved it, look for a program that touches the file.',
  },
  crash: {
    rule: 'restart-crash',
    severity: 'error',
    cause: 'The process died by a signal of its own making, mostly inside a C extension.',
    remedy:
      'Its last stack in Incidents names the line; update that extension, and keep --application-group %{GLOBAL}, which most extensions need.',
  },
  killed: {
    rule: 'restart-killed',
    severity: 'error',
    cause: 'Somebody killed the process: a person, a script, or the kernel when memory ran out.',
    remedy: 'See "dmesg | grep -i oom"; if it was the kernel, lower --processes or set --memory-limit below what the machine has.',
  },
  'apache-restart': {
    rule: 'restart-apache',
    severity: 'info',
    cause: 'Apache itself was restarted or stopped, which takes its daemon processes along.',
    remedy: 'Nothing when it was asked for; the reload command replaces only the daemon processes.',
  },
  unknown: {
    rule: 'restart-unknown',
    severity: 'warn',
    cause: 'The process is gone and nobody said why: it may have called os._exit(), or have been killed.',
    remedy: 'Look at its last lines in Logs; keep wsgi:info in --log-level so that mod_wsgi gives its reasons.',
  },
};

/** What to do about an answer that such an end has cut. */
export function remedyOfRestart(cause: RestartCause): string {
  return restartRules[cause].remedy;
}
