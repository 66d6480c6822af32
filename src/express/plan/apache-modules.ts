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

/** Source file of a module; an MPM's has no `mod_mpm_` in front. */
const sourceName = (name: string): string => (name.startsWith('mpm_') ? `${name.slice(4)}.c` : `mod_${name}.c`);

/** Source files of all of them, for a look into the binary at what is compiled in. */
export const MODULE_SOURCES: readonly string[] = [...ALWAYS, ...WELCOME, 'autoindex', 'deflate', ...MPMS.map((name) => `mpm_${name}`)].map(
  sourceName,
);

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
export function chooseModules(
  options: {serverMpm: string[]; directoryListing: boolean; compressResponses: boolean},
  available: {files: ReadonlySet<string>; builtIn: ReadonlySet<string>},
): ModuleChoice {
  const hasFile = (name: string) => available.files.has(`mod_${name}.so`);
  const isBuiltIn = (name: string) => !hasFile(name) && available.builtIn.has(sourceName(name));
  const wanted = options.serverMpm.length > 0 ? options.serverMpm : MPMS;
  const builtInMpm = MPMS.find((name) => isBuiltIn(`mpm_${name}`));
  const mpm = (builtInMpm ?? wanted.find((name) => hasFile(`mpm_${name}`)) ?? wanted[0]) as Mpm;
  const extra = [...(options.directoryListing ? ['autoindex'] : []), ...(options.compressResponses ? ['deflate'] : [])];
  const needed = [`mpm_${mpm}`, ...ALWAYS, ...extra];
  return {
    mpm,
    load: [...needed, ...WELCOME].filter(hasFile),
    missing: needed.filter((name) => !hasFile(name) && !isBuiltIn(name)),
    countsBytes: hasFile('logio') || isBuiltIn('logio'),
  };
}
