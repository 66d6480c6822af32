import type {StartOptions} from '../parse.ts';

/** Apache's modules that a server may need, without `mod_` and `_module`. */
const ALWAYS = [
  'unixd',
  'authn_core',
  'authz_core',
  'authz_host',
  'mime',
  'rewrite',
  'alias',
  'dir',
  'env',
  'filter',
  'reqtimeout',
  'log_config',
] as const;

/** Loaded where they exist, because --include-file and .htaccess files commonly use them. */
const WELCOME = ['logio', 'access_compat', 'headers', 'setenvif'] as const;

const MPMS = ['event', 'worker', 'prefork'] as const;
export type Mpm = (typeof MPMS)[number];

/** What the choice of modules depends on. */
export type ModuleOptions = Pick<
  StartOptions,
  | 'serverMpm'
  | 'debugMode'
  | 'embeddedMode'
  | 'directoryListing'
  | 'compressResponses'
  | 'httpsPort'
  | 'hstsPolicy'
  | 'http2'
  | 'authUserScript'
  | 'authType'
  | 'proxyMountPoints'
  | 'proxyVirtualHosts'
  | 'serverStatus'
  | 'serverMetrics'
  | 'withCgi'
  | 'reloadOnChanges'
  | 'reloadStrategy'
>;

/** The MPMs that may be loaded, the best first. Where the application runs in Apache's own processes, the original leaves out the event MPM. */
export function mpmsToChooseFrom({serverMpm, debugMode, embeddedMode}: ModuleOptions): readonly string[] {
  if (serverMpm.length > 0) return serverMpm;
  return debugMode || embeddedMode ? ['worker', 'prefork'] : MPMS;
}

/** Modules that options ask for. */
function extras(options: ModuleOptions, mpm: Mpm): string[] {
  const proxied = [...options.proxyMountPoints, ...options.proxyVirtualHosts];
  const sets: [boolean, string[]][] = [
    [options.directoryListing, ['autoindex']],
    [options.compressResponses, ['deflate']],
    [options.httpsPort !== null || proxied.some(([, url]) => url.startsWith('https:')), ['ssl']],
    [options.hstsPolicy !== null || proxied.length > 0, ['headers']],
    [options.http2, ['http2']],
    [options.authUserScript !== null, [`auth_${options.authType.toLowerCase()}`, 'authz_user']],
    [proxied.length > 0, ['proxy', 'proxy_http']],
    [options.serverStatus || options.serverMetrics, ['status']],
    [options.reloadOnChanges || options.reloadStrategy === 'swap', ['setenvif']],
    [options.withCgi, [mpm === 'prefork' ? 'cgi' : 'cgid']],
  ];
  return sets.flatMap(([wanted, names]) => (wanted ? names : []));
}

/** Source file of a module; an MPM's has no `mod_mpm_` in front. */
const sourceName = (name: string): string => (name.startsWith('mpm_') ? `${name.slice(4)}.c` : `mod_${name}.c`);

/** Source files of all that these options may need, for a look into the binary at what is compiled in. */
export function moduleSources(options: ModuleOptions): string[] {
  const names = [...ALWAYS, ...WELCOME, ...extras(options, 'event'), ...extras(options, 'prefork'), ...MPMS.map((name) => `mpm_${name}`)];
  return [...new Set(names)].map(sourceName);
}

export interface ModuleChoice {
  mpm: Mpm;
  /** To be loaded from files, in this order. */
  load: string[];
  /** Neither a file nor compiled in, and needed. */
  missing: string[];
  /** Is mod_logio there, which counts the bytes sent. */
  countsBytes: boolean;
}

/** Which modules to load, from what the options need and what there is. `files` are file names, `builtIn` source names. */
export function chooseModules(options: ModuleOptions, available: {files: ReadonlySet<string>; builtIn: ReadonlySet<string>}): ModuleChoice {
  const hasFile = (name: string) => available.files.has(`mod_${name}.so`);
  const isBuiltIn = (name: string) => !hasFile(name) && available.builtIn.has(sourceName(name));
  const wanted = mpmsToChooseFrom(options);
  const builtInMpm = MPMS.find((name) => isBuiltIn(`mpm_${name}`));
  // What was asked for and is missing is an error; a choice of ours gives way.
  const possible = options.serverMpm.length > 0 ? wanted : [...wanted, ...MPMS];
  const mpm = (builtInMpm ?? possible.find((name) => hasFile(`mpm_${name}`)) ?? wanted[0]) as Mpm;
  const needed = [`mpm_${mpm}`, ...ALWAYS, ...extras(options, mpm)];
  // A cache of sessions spares clients half a handshake; without one Apache warns at each start.
  const welcome = [...WELCOME, ...(options.httpsPort === null ? [] : ['socache_shmcb'])];
  return {
    mpm,
    load: [...new Set([...needed, ...welcome])].filter(hasFile),
    missing: needed.filter((name) => !hasFile(name) && !isBuiltIn(name)),
    countsBytes: hasFile('logio') || isBuiltIn('logio'),
  };
}
