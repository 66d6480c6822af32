import {OPTIONS} from '../options/table.ts';
import type {StartOptions} from '../parse.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {failure, type Problem, warning} from '../problem.ts';
import {givenFlag, isGiven} from './given.ts';

type Dest = keyof StartOptions;

type Needed = readonly (readonly [options: readonly Dest[], one: readonly Dest[]])[];

/** Options that are refused unless one of the others is given: the original refuses them as well, or does not know them. */
const REQUIRED: Needed = [
  [['sslCertificateFile', 'sslCertificateKeyFile', 'sslCertificate', 'sslCertificateChainFile', 'sslCaCertificateFile'], ['httpsPort']],
  [['slowRequests'], ['telemetryService', 'enableTelemetry']],
  [['debuggerStartup'], ['enableDebugger']],
  [['browserReload'], ['reloadOnChanges']],
];

/** Options that do nothing unless one of the others is given. The original ignores them in silence, so a start with them has to work. */
const NEEDED: Needed = [
  [['serverAliases', 'allowLocalhost'], ['serverName']],
  [['sslEnvironment', 'httpsOnly', 'hstsPolicy'], ['httpsPort']],
  [['sslVerifyClient'], ['sslCaCertificateFile']],
  [['authType', 'authGroupScript'], ['authUserScript']],
  [['authGroup'], ['authGroupScript']],
  [['proxyTimeout'], ['proxyMountPoints', 'proxyVirtualHosts']],
  [['trustProxies'], ['trustProxyHeaders']],
  [['maxLogSize', 'rotatelogsExecutable'], ['rotateLogs']],
  [['serviceUsers', 'serviceGroups', 'serviceLogFiles'], ['serviceScripts']],
  [['telemetryUiPort'], ['enableTelemetry']],
  [
    ['telemetryInterval', 'telemetryOptions'],
    ['telemetryService', 'enableTelemetry'],
  ],
  [['profilerDirectory'], ['enableProfiler']],
  [['coverageDirectory'], ['enableCoverage']],
  [['recorderDirectory'], ['enableRecorder']],
  [['gdbExecutable'], ['enableGdb']],
];

const CONTRADICTIONS: readonly (readonly [Dest, Dest])[] = [
  ['plain', 'json'],
  ['detach', 'json'],
  ['telemetryService', 'enableTelemetry'],
];

/** Options that another one overrules, as in the original, which says nothing about it. */
const OVERRULED: readonly (readonly [option: Dest, by: Dest])[] = [
  ['reloadOnChanges', 'disableReloading'],
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

/** The given options of a list that lack what they need, and what that is. */
function lacking(options: StartOptions, list: Needed): {flag: string; lacks: string}[] {
  return list
    .filter(([, needed]) => !needed.some((dest) => givenFlag(options, dest)))
    .flatMap(([dests, needed]) =>
      dests.flatMap((dest) => {
        const flag = givenFlag(options, dest);
        return flag === null ? [] : [{flag, lacks: needed.map(flagOf).join(' or ')}];
      }),
    );
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
  for (const [option, by] of OVERRULED) {
    const [one, other] = [givenFlag(options, option), givenFlag(options, by)];
    if (one && other) problems.push(warning(`option without effect: ${other} overrules ${one}; leave one of them out`));
  }
  for (const {flag, lacks} of lacking(options, REQUIRED))
    problems.push(failure(`option without effect: ${flag} needs ${lacks}; give both or none`));
  for (const {flag, lacks} of lacking(options, NEEDED))
    problems.push(warning(`option without effect: ${flag} needs ${lacks}; it is ignored`));
  return [...problems, ...checkWords(options), ...checkMode(plan)];
}
