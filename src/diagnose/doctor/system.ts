import {accessSync, constants, existsSync, readFileSync} from 'node:fs';
import {AGENT_FILES, builtAsset, nativeAsset} from '../../express/assets.ts';
import {findLocale} from '../../express/discovery/locale.ts';
import type {Host} from '../../express/host.ts';
import {capabilities} from '../../terminal/capabilities.ts';
import {type Finding, limited, missing, ok} from './finding.ts';

/** A project of some size with its packages; below that --reload-on-changes may not see every file. */
const ENOUGH_WATCHES = 65_536;
const ENOUGH_INSTANCES = 64;
/** Apache needs a connection's descriptor twice. */
const ENOUGH_FILES = 1024;

function kernelNumber(path: string): number | null {
  try {
    const value = Number(readFileSync(path, 'latin1').trim());
    return Number.isFinite(value) ? value : null;
  } catch {
    return null;
  }
}

async function ownFindings(): Promise<Finding[]> {
  const node = ok('Node', `${process.versions.node}, ${process.execPath}`);
  try {
    for (const name of ['wsgideck-guard', 'handler.py', 'service.py', ...AGENT_FILES]) accessSync(nativeAsset(name), constants.R_OK);
    accessSync(nativeAsset('wsgideck-guard'), constants.X_OK);
    builtAsset('dashboard.mjs');
    await import('node-pty');
    return [node, ok('wsgideck', 'all parts are there')];
  } catch (error) {
    return [
      node,
      missing('wsgideck', `${(error as Error).message.split('\n')[0]}; install wsgideck again (in a clone: npm ci && npm run build)`),
    ];
  }
}

/** What the screen can show, of the terminal that this command was given on. */
function terminalFinding(host: Host, terminal: {isTTY?: boolean; columns?: number; rows?: number}): Finding {
  if (!terminal.isTTY || !process.stdin.isTTY) return limited('Terminal', 'none here: log lines are shown instead of the dashboard');
  const {colour, unicode} = capabilities(host.env);
  // Some terminals do not tell their size; then it is not ours to judge.
  const [columns, rows] = [terminal.columns || 80, terminal.rows || 24];
  const shows = `${host.env.TERM ?? 'no TERM'}, ${columns}x${rows}, ${colour ? 'colours' : 'no colours'}, ${unicode ? 'Unicode' : 'ASCII only'}`;
  if (columns < 60 || rows < 15) return limited('Terminal', `${shows}: the dashboard needs 60x15; make the window larger`);
  return unicode ? ok('Terminal', shows) : limited('Terminal', `${shows}: for lines and bars set a UTF-8 locale (export LC_ALL=C.UTF-8)`);
}

function localeFinding(host: Host): Finding {
  const {name, installed} = findLocale({locale: null, lang: null}, host.env);
  return installed === false
    ? limited(
        'Locale',
        `${name} is not installed, so the application would run in the C locale; install it (locale-gen ${name}) or give --locale C.UTF-8`,
      )
    : ok('Locale', name);
}

function observationFindings(): Finding[] {
  if (!existsSync('/proc/self/stat')) {
    return [limited('Processes', 'there is no /proc: no CPU and memory figures, and nobody is named who holds the interpreter')];
  }
  const found = [ok('Processes', 'figures and the culprit of a held interpreter come from /proc')];
  // Yama's levels: 1 own children only, 2 root only, 3 nobody. Without Yama everybody may attach to what is his own.
  const scope = kernelNumber('/proc/sys/kernel/yama/ptrace_scope') ?? 0;
  const root = process.getuid?.() === 0;
  found.push(
    scope >= 3 || (scope > 0 && !root)
      ? limited(
          'Debugger',
          `gdb cannot be attached to a running process (ptrace_scope ${scope}); allow it: sysctl kernel.yama.ptrace_scope=0`,
        )
      : ok('Debugger', 'gdb can be attached to a running process'),
  );
  return found;
}

function watchFinding(): Finding {
  const watches = kernelNumber('/proc/sys/fs/inotify/max_user_watches');
  const instances = kernelNumber('/proc/sys/fs/inotify/max_user_instances');
  if (watches === null || instances === null) return ok('Watching files', "by the system's own means, without limits of inotify");
  const figures = `${watches} directories and ${instances} programs at a time`;
  if (watches < ENOUGH_WATCHES)
    return limited('Watching files', `${figures}: few for a large project; raise it: sysctl fs.inotify.max_user_watches=524288`);
  if (instances < ENOUGH_INSTANCES) return limited('Watching files', `${figures}; raise it: sysctl fs.inotify.max_user_instances=512`);
  return ok('Watching files', figures);
}

function filesFinding(): Finding | null {
  const line = /^Max open files\s+(\d+|unlimited)/m.exec(
    existsSync('/proc/self/limits') ? readFileSync('/proc/self/limits', 'latin1') : '',
  );
  if (line === null || line[1] === 'unlimited') return null;
  // Node raises the soft limit for itself; what Apache inherits is what the shell had, up to this.
  return Number(line[1]) < ENOUGH_FILES
    ? limited('Open files', `${line[1]} at a time: few for many connections; raise it: ulimit -n 4096`)
    : ok('Open files', `${line[1]} at a time`);
}

/** Node, our own parts, the terminal, and what this system lets us see. */
export async function systemFindings(host: Host): Promise<{before: Finding[]; after: Finding[]}> {
  const files = filesFinding();
  return {
    before: await ownFindings(),
    after: [
      terminalFinding(host, process.stdout),
      localeFinding(host),
      ...observationFindings(),
      watchFinding(),
      ...(files ? [files] : []),
    ],
  };
}
