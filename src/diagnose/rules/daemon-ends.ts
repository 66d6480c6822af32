import type {LogRule} from '../rule.ts';
import {restartRules} from './restarts.ts';
import type {RestartCause} from '../../model/events.ts';

/** The line by which mod_wsgi announces such an end means the same as the end itself. */
function announced(rule: string, match: RegExp, cause: RestartCause): LogRule {
  const {severity, cause: text, remedy} = restartRules[cause];
  return {rule, severity, by: 'server', match, cause: text, remedy};
}

/** How daemon processes end: said by themselves, or by Apache's parent. */
export const daemonEndRules: LogRule[] = [
  announced('request-timeout', /request time limit exceeded/, 'request-timeout'),
  {
    rule: 'request-interrupted',
    severity: 'error',
    by: 'server',
    match: /^Injected RequestTimeout into thread|before injecting RequestTimeout|^Request interrupted by RequestTimeout/,
    versions: '6.x',
    cause: 'A request ran longer than --request-timeout; mod_wsgi raised RequestTimeout in its thread, the process lives on.',
    remedy: 'The dump beside it names the line; give outside calls a timeout of their own.',
  },
  announced('deadlock-timeout', /deadlock timer expired/, 'deadlock-timeout'),
  announced('startup-timeout', /startup timer expired/, 'startup-timeout'),
  announced('cpu-time-limit', /Exceeded CPU time limit/, 'cpu-time-limit'),
  announced('inactivity-timeout', /idle inactivity timer expired/, 'inactivity-timeout'),
  announced('maximum-requests', /Maximum requests reached/, 'maximum-requests'),
  announced('restart-interval-over', /Application restart timer expired/, 'restart-interval'),
  {
    rule: 'graceful-timeout',
    severity: 'warn',
    by: 'server',
    match: /graceful timer expired|restart timer expired in daemon process|Daemon process restart timer expired/,
    cause: 'Requests did not finish within --graceful-timeout, so the process stops now and may cut them.',
    remedy: 'Raise --graceful-timeout, or see in Requests which ones take that long.',
  },
  {
    rule: 'shutdown-timeout',
    severity: 'warn',
    by: 'server',
    match: /Aborting process|Shutdown timeout expired; aborting/,
    cause: 'Requests did not finish within --shutdown-timeout, so the process was ended and they were cut.',
    remedy: 'Raise --shutdown-timeout if they are worth waiting for; a stuck one never finishes.',
  },
  announced('graceful-restart', /(?:Process eviction|Graceful restart) requested/, 'graceful'),
  announced('script-changed', /Forc(?:e|ing) restart of (?:daemon )?process/, 'script-changed'),
  {
    rule: 'segfault',
    severity: 'error',
    by: 'server',
    match: /terminated by signal (?:11|7)\b|exit signal (?:Segmentation fault|Bus error)/,
    cause: 'The process crashed inside C code (segmentation fault): an extension, or one that cannot live in a sub interpreter.',
    remedy: 'Its last stack in Incidents names the line; update that extension, and keep --application-group %{GLOBAL}.',
  },
  {
    rule: 'killed',
    severity: 'error',
    by: 'server',
    match: /terminated by signal 9\b|exit signal Killed/,
    cause: restartRules.killed.cause,
    remedy: restartRules.killed.remedy,
  },
  {
    rule: 'aborted',
    severity: 'error',
    by: 'server',
    match: /terminated by signal 6\b|exit signal Abort(?:ed)?\b/,
    cause: 'The process ended itself with abort(): Python or a C library found its memory or state broken.',
    remedy: 'The lines before it in Logs say what was wrong ("Fatal Python error", "malloc"); look at C extensions first.',
  },
  {
    rule: 'exit-status',
    severity: 'warn',
    by: 'server',
    match: /terminated normally, exit code [1-9]\d*|terminated by signal (?:[1-58]|1[0-9]|[2-9]\d+)\b/,
    cause: (found) =>
      found[0].includes('signal')
        ? `The process ended with ${found[0].replace('terminated by ', '')}; mod_wsgi also writes an exit status this way (os._exit()).`
        : `The process ended with ${found[0].replace('terminated normally, ', '')}: something called os._exit(), or mod_wsgi gave it up.`,
    remedy: 'Look at its last lines in Logs, and for os._exit() and os.kill() in the code.',
  },
];
