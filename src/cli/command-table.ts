/** What the words after a command are, for completion: the options of `start-server` or `runmodwsgi`, a server root, or the options and words listed. */
export type CommandWords = 'server options' | 'project options' | 'server root' | readonly string[];

/** One command of `wsgideck`. Its code is loaded only when it is asked for: the start path stays short. */
export interface Command {
  readonly name: string;
  /** What follows the name, as in the usage. */
  readonly words: string;
  /** For people, at most 46 characters: the help fits in 80 columns. */
  readonly summary: string;
  readonly takes: CommandWords;
  readonly run: (argv: string[]) => void | Promise<void>;
}

/** All commands, in the order in which the help shows them. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'start-server',
    words: 'SCRIPT [OPTIONS]',
    summary: 'serve a WSGI application, with the dashboard',
    takes: 'server options',
    run: async (argv) => (await import('./start-server.ts')).startServer(argv),
  },
  {
    name: 'setup-server',
    words: 'SCRIPT [OPTIONS]',
    summary: 'only write the server root and its apachectl',
    takes: 'server options',
    run: async (argv) => (await import('./setup-server.ts')).setupServer(argv),
  },
  {
    name: 'runmodwsgi',
    words: '[OPTIONS]',
    summary: 'serve the Django project of this directory',
    takes: 'project options',
    run: async (argv) => (await import('./runmodwsgi.ts')).runmodwsgi(argv),
  },
  {
    name: 'run',
    words: '[OPTIONS] -- COMMAND',
    summary: 'supervise the original mod_wsgi-express',
    takes: ['--plain', '--json', '--probe-path'],
    run: async (argv) => (await import('./run.ts')).runCommand(argv),
  },
  {
    name: 'ps',
    words: '[--json]',
    summary: 'all servers with mod_wsgi on this machine',
    takes: ['--json'],
    run: async (argv) => (await import('./ps.ts')).ps(argv),
  },
  {
    name: 'attach',
    words: '[INSTANCE] [OPTIONS]',
    summary: 'another dashboard on a running server',
    takes: ['server root', '--read-only'],
    run: async (argv) => (await import('./attach.ts')).attach(argv),
  },
  {
    name: 'status',
    words: '[INSTANCE] [--json]',
    summary: 'what a server is doing, on one screen',
    takes: ['server root', '--json'],
    run: async (argv) => (await import('./status.ts')).status(argv),
  },
  {
    name: 'logs',
    words: '[INSTANCE] [OPTIONS]',
    summary: 'the newest lines of all its logs',
    takes: ['server root', '--follow', '--lines', '--level', '--filter', '--json'],
    run: async (argv) => (await import('./logs.ts')).logs(argv),
  },
  {
    name: 'reload',
    words: '[INSTANCE]',
    summary: 'load the application anew',
    takes: ['server root'],
    run: async (argv) => (await import('./reload.ts')).reload(argv),
  },
  {
    name: 'restart',
    words: '[INSTANCE] [--graceful]',
    summary: 'restart its Apache',
    takes: ['server root', '--graceful'],
    run: async (argv) => (await import('./restart.ts')).restart(argv),
  },
  {
    name: 'stop',
    words: '[INSTANCE] [OPTIONS]',
    summary: 'stop it, and wait until it is gone',
    takes: ['server root', '--now', '--wait'],
    run: async (argv) => (await import('./stop.ts')).stop(argv),
  },
  {
    name: 'record',
    words: 'FILE [INSTANCE]',
    summary: 'the last 15 minutes, and what comes, to a file',
    takes: ['--for', '--last', '--force'],
    run: async (argv) => (await import('./record.ts')).record(argv),
  },
  {
    name: 'replay',
    words: 'FILE',
    summary: 'play a recording with the same views',
    takes: ['--server-root', '--at', '--incident', '--speed', '--paused', '--json'],
    run: async (argv) => (await import('./replay.ts')).replay(argv),
  },
  {
    name: 'stacks',
    words: '[INSTANCE] [OPTIONS]',
    summary: 'what every thread is doing now',
    takes: ['--server-root', '--pid', '--request', '--json'],
    run: async (argv) => (await import('./stacks.ts')).stacks(argv),
  },
  {
    name: 'incidents',
    words: '[INSTANCE] [ID]',
    summary: 'what went wrong, with the evidence',
    takes: ['--server-root', '--json', '--format', '--output', '--force', 'last'],
    run: async (argv) => (await import('./incidents.ts')).incidents(argv),
  },
  {
    name: 'module-config',
    words: '',
    summary: 'lines that load mod_wsgi into your own Apache',
    takes: [],
    run: async (argv) => (await import('./module-config.ts')).moduleConfig(argv),
  },
  {
    name: 'module-location',
    words: '',
    summary: 'where the mod_wsgi module is',
    takes: [],
    run: async (argv) => (await import('./module-location.ts')).moduleLocation(argv),
  },
  {
    name: 'install-module',
    words: '[OPTIONS]',
    summary: "copy the module to Apache's other modules",
    takes: ['--modules-directory'],
    run: async (argv) => (await import('./install-module.ts')).installModule(argv),
  },
  {
    name: 'doctor',
    words: '[--json]',
    summary: 'what is found here, and how to get what is not',
    takes: ['--json'],
    run: async (argv) => (await import('./doctor.ts')).doctor(argv),
  },
  {
    name: 'completion',
    words: 'bash|zsh|fish',
    summary: 'a script that teaches a shell our options',
    takes: ['bash', 'zsh', 'fish'],
    run: async (argv) => (await import('./completion.ts')).completion(argv),
  },
];
