import type {ServerPlan} from './plan/server-plan.ts';

const counted = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : one.endsWith('s') ? 'es' : 's'}`;

/** What the original prints before the start, with the same labels: for plain mode and for `setup-server`. */
export function bannerLines(plan: ServerPlan): string[] {
  const {options, paths, capacity} = plan;
  const rows: Row[] = [
    ['Server URL', plan.urls.http],
    ['Server URL (HTTPS)', plan.urls.https],
    [
      'Server Status',
      options.serverStatus ? new URL('/server-status', plan.urls.https && options.httpsOnly ? plan.urls.https : plan.urls.http).href : null,
    ],
    ['Server Root', paths.root],
    ['Server Conf', paths.conf],
    ['Error Log File', `${paths.errorLog} (${options.logLevel})`],
    ['Access Log File', paths.accessLog],
    ['Startup Log File', paths.startupLog],
    ['Rewrite Rules', options.setupOnly || options.rewriteRules !== null ? paths.rewrite : null],
    ['Environ Variables', options.setupOnly || options.envvarsScript !== null ? paths.envvars : null],
    ['Control Script', options.setupOnly ? paths.apachectl : null],
    ...debugRows(plan),
    ['Operating Mode', plan.mode],
    ...(plan.mode === 'daemon' ? daemonRows(plan) : []),
    ['Server Capacity', `${capacity.threaded.maxClients} (event/worker), ${capacity.prefork.maxClients} (prefork)`],
    ['Server Backlog', `${options.serverBacklog} (connections)`],
    ['Locale Setting', plan.locale.name],
  ];
  return rows.filter((row) => row[1] !== null).map(([label, value]) => `${label.padEnd(19)}: ${value}`);
}

type Row = readonly [label: string, value: string | null];

function debugRows({debug}: ServerPlan): Row[] {
  if (debug === null) return [];
  return [
    ['Coverage Output', debug.coverageDirectory],
    ['Profiler Output', debug.profilerDirectory],
    ['Recorder Output', debug.recorderDirectory],
  ];
}

/** Left out where there are no daemon processes: then they are without effect. */
function daemonRows({options, info}: ServerPlan): Row[] {
  return [
    ['Request Capacity', `${info.processes * info.threads} (${counted(info.processes, 'process')} * ${counted(info.threads, 'thread')})`],
    ['Request Timeout', `${options.requestTimeout} (seconds)`],
    ['Interrupt Timeout', options.interruptTimeout > 0 ? `${options.interruptTimeout} (seconds)` : null],
    ['Startup Timeout', `${options.startupTimeout} (seconds)`],
    ['Queue Backlog', `${options.daemonBacklog} (connections)`],
    ['Queue Timeout', `${options.queueTimeout} (seconds)`],
  ];
}
