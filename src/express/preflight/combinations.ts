import {OPTIONS} from '../options/table.ts';
import type {StartOptions} from '../parse.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {failure, type Problem, warning} from '../problem.ts';
import {givenFlag, isGiven} from './given.ts';

type Dest = keyof StartOptions;

/** Options that do nothing unless one of the others is given. The original ignores most of these in silence. */
const NEEDED: readonly (readonly [options: readonly Dest[], one: readonly Dest[]])[] = [
  [['serverAliases', 'allowLocalhost'], ['serverName']],
  [
    [
      'sslCertificateFile',
      'sslCertificateKeyFile',
      'sslCertificate',
      'sslCertificateChainFile',
      'sslCaCertificateFile',
      'sslEnvironment',
      'httpsOnly',
      'hstsPolicy',
    ],
    ['httpsPort'],
  ],
  [['sslVerifyClient'], ['sslCaCertificateFile']],
  [['authType', 'authGroupScript'], ['authUserScript']],
  [['authGroup'], ['authGroupScript']],
  [['proxyTimeout'], ['proxyMountPoints', 'proxyVirtualHosts']],
  [['trustProxies'], ['trustProxyHeaders']],
  [['maxLogSize', 'rotatelogsExecutable'], ['rotateLogs']],
  [['serviceUsers', 'serviceGroups', 'serviceLogFiles'], ['serviceScripts']],
  [['telemetryUiPort'], ['enableTelemetry']],
  [
    ['telemetryInterval', 'slowRequests', 'telemetryOptions'],
    ['telemetryService', 'enableTelemetry'],
  ],
  [['debuggerStartup'], ['enableDebugger']],
  [['profilerDirectory'], ['enableProfiler']],
  [['coverageDirectory'], ['enableCoverage']],
  [['recorderDirectory'], ['enableRecorder']],
  [['gdbExecutable'], ['enableGdb']],
  [['browserReload'], ['reloadOnChanges']],
];

const CONTRADICTIONS: readonly (readonly [Dest, Dest])[] = [
  ['reloadOnChanges', 'disableReloading'],
  ['plain', 'json'],
  ['detach', 'json'],
  ['telemetryService', 'enableTelemetry'],
  ['embeddedMode', 'debugMode'],
  ['embeddedMode', 'enableDebugger'],
  ['embeddedMode', 'enableProfiler'],
  ['embeddedMode', 'enableCoverage'],
  ['embeddedMode', 'enableRecorder'],
  ['embeddedMode', 'enableGdb'],
];

const flagOf = (dest: Dest): string => OPTIONS.find((option) => option.dest === dest)!.flags[0];

/** Settings of daemon processes that have another way to take effect without them. */
const ELSEWHERE = new Set<string>([
  'maximumRequests',
  'pythonPaths',
  'pythonEggs',
  'locale',
  'lang',
  'workingDirectory',
  'switchInterval',
  'socketTimeout',
]);

/** In the modes without daemon processes mod_wsgi ignores their settings without a word. */
function checkMode(plan: ServerPlan): Problem[] {
  const {mode, options} = plan;
  if (mode === 'daemon') return [];
  const idle = OPTIONS.filter(
    (option) =>
      (option.directive.includes('WSGIDaemonProcess') &&
        !ELSEWHERE.has(option.dest) &&
        option.area !== 'services' &&
        !(mode === 'embedded' && ['processes', 'threads'].includes(option.dest))) ||
      (mode === 'debug' &&
        ['reloadOnChanges', 'browserReload', 'maxClients', 'serviceScripts', 'enableTelemetry', 'http2', 'withCgi'].includes(option.dest)),
  ).filter((option) => isGiven(options, option));
  if (idle.length === 0) return [];
  const names = idle.map((option) => option.flags[0]).join(', ');
  const reason = mode === 'debug' ? 'there is one process only' : 'there are no daemon processes';
  return [warning(`${mode} mode: ${reason}, so ${names} ${idle.length === 1 ? 'has' : 'have'} no effect; leave out the one or the other`)];
}

/** The original serves the first word and says nothing; an option's value that was left without its option is easily among the others. */
function checkWords({entry, ignoredWords}: StartOptions): Problem[] {
  if (ignoredWords.length === 0) return [];
  const words = ignoredWords.map((word) => `"${word}"`).join(', ');
  return [warning(`${words} ignored: one entry point is served, ${entry}; leave the rest out, or write the option that it belongs to`)];
}

/** Options that need or exclude one another. */
export function checkCombinations(plan: ServerPlan): Problem[] {
  const {options} = plan;
  const problems: Problem[] = [];
  for (const [a, b] of CONTRADICTIONS) {
    const [one, other] = [givenFlag(options, a), givenFlag(options, b)];
    if (one && other)
      problems.push(failure(`options contradict each other: ${one} and ${other} cannot be given together; leave one of them out`));
  }
  for (const [dests, needed] of NEEDED) {
    if (needed.some((dest) => givenFlag(options, dest))) continue;
    for (const flag of dests.map((dest) => givenFlag(options, dest))) {
      if (flag) problems.push(failure(`option without effect: ${flag} needs ${needed.map(flagOf).join(' or ')}; give both or none`));
    }
  }
  return [...problems, ...checkWords(options), ...checkMode(plan)];
}
