/** One entry of the option table. An entry holds everything that is known about its option: parser, --help and validation read it. */
export interface OptionSpec {
  /** Names; the first is the one shown. */
  readonly flags: readonly [`--${string}`, ...`--${string}`[]];
  /** Key in the parsed values. */
  readonly dest: string;
  readonly type: 'flag' | 'int' | 'float' | 'string';
  /** Number of values the option takes. */
  readonly arity: 0 | 1 | 2;
  /** May be given again; the values add up to a list. */
  readonly repeatable?: true;
  readonly metavar?: string;
  readonly default: boolean | number | string | null | readonly never[];
  readonly area: Area;
  /** For people, one or two plain sentences. */
  readonly help: string;
  /** What it turns into; for readers of the table and the docs page. */
  readonly directive: string;
  /** First release of mod_wsgi-express that has the option; `wsgideck` for ours. */
  readonly since: string;
  /** First mod_wsgi whose directive exists; absent when every supported mod_wsgi has it. */
  readonly needs?: string;
  /** Works, but is left out of --help. */
  readonly hidden?: true;
  /** Smallest and largest value of a number; null for no bound. */
  readonly range?: readonly [number, number | null];
  /** 0 is allowed below the range, and means mod_wsgi's or the system's own choice. */
  readonly orZero?: true;
  /** Allowed values, compared without regard to case. */
  readonly choices?: readonly string[];
  /** Known only in order to be refused: why, and what to do instead. For options that mod_wsgi-express itself has given up. */
  readonly refused?: string;
}

/** Headings of --help, in the order in which they are shown. */
export const AREAS = [
  'application',
  'network',
  'https',
  'access',
  'proxies',
  'static files',
  'capacity',
  'timeouts',
  'reload',
  'logging',
  'python',
  'services',
  'telemetry',
  'debug',
  'identity',
  'dashboard',
  'removed',
] as const;
export type Area = (typeof AREAS)[number];

/** The value an option leaves behind, worked out from its entry. */
type Single<O extends OptionSpec> = O['type'] extends 'int' | 'float' ? number : string;
export type ValueOf<O extends OptionSpec> = O extends {readonly type: 'flag'}
  ? boolean
  : O extends {readonly repeatable: true; readonly arity: 2}
    ? [string, string][]
    : O extends {readonly repeatable: true}
      ? string[]
      : O extends {readonly default: null}
        ? Single<O> | null
        : Single<O>;
export type ValuesOf<T extends readonly OptionSpec[]> = {[O in T[number] as O['dest']]: ValueOf<O>};
