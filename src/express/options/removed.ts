import type {OptionSpec} from './option.ts';

const NEW_RELIC = 'mod_wsgi 6.0 has dropped the New Relic integration; install the newrelic package and wrap the application in its script';
const WDB = 'mod_wsgi 4.2 has dropped wdb, a debugger that is no longer made; use --enable-debugger';

/** Options that mod_wsgi-express itself has given up: name, number of values, first release that had it, why. */
const REMOVED: readonly (readonly [flag: `--${string}`, arity: 0 | 1, since: string, why: string])[] = [
  ['--with-newrelic', 0, '4.1.0', NEW_RELIC],
  ['--with-newrelic-agent', 0, '4.2.0', NEW_RELIC],
  ['--with-newrelic-platform', 0, '4.2.0', NEW_RELIC],
  ['--newrelic-config-file', 1, '4.4.0', NEW_RELIC],
  ['--newrelic-environment', 1, '4.4.0', NEW_RELIC],
  ['--with-wdb', 0, '4.1.0', WDB],
];

/** A command line written for an old release gets a clear answer instead of "no such option". */
export const removedOptions: readonly OptionSpec[] = REMOVED.map(([flag, arity, since, why]) => ({
  flags: [flag],
  dest: flag.slice(2),
  type: arity === 0 ? 'flag' : 'string',
  arity,
  default: null,
  area: 'removed',
  help: why,
  directive: 'none',
  since,
  hidden: true,
  refused: why,
}));
