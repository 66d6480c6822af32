import {readlinkSync} from 'node:fs';
import {findHttpd} from '../../express/discovery/httpd.ts';
import {modWsgiAt} from '../../express/discovery/mod-wsgi.ts';
import {currentHost} from '../../express/host.ts';
import {readRegular} from '../../express/regular-file.ts';
import {readArguments} from '../../sources/processes/proc-stat.ts';
import {definesOf, effectiveDirectives, type Directive} from './httpd-conf.ts';

/** Bytes of a configuration that are read. */
export const CONF_LIMIT = 4 * 1024 * 1024;

/** What the original has really set up, read from the running Apache's command line and the configuration file that it names. */
export interface Truth {
  conf: string;
  serverRoot: string | null;
  /** Null for all addresses. */
  listenHost: string | null;
  port: number | null;
  /** A file, `/dev/stderr`, or a command after `|`. */
  errorLog: string | null;
  logLevel: string | null;
  /** `embedded` and `debug` have no daemon process, so no agent can be in one. */
  mode: 'daemon' | 'embedded' | 'debug';
  processGroup: string | null;
  /** Options of WSGIDaemonProcess, by name. */
  daemon: ReadonlyMap<string, string>;
  modWsgi: string;
  python: string;
  apache: string;
  mpm: string;
}

/** Reads it; null when the process is gone or names no configuration. */
export function readTruth(apachePid: number): Truth | null {
  const argv = readArguments(apachePid);
  const conf = argv[argv.indexOf('-f') + 1];
  if (!argv.includes('-f') || conf === undefined) return null;
  const text = readRegular(conf, CONF_LIMIT);
  if (text === null) return null;
  const defines = definesOf(argv);
  const directives = effectiveDirectives(text, defines);
  const first = (name: string, fits: (words: string[]) => boolean = () => true) =>
    directives.find((one) => one.name === name && fits(one.words))?.words ?? null;
  const module = first('loadmodule', ([name]) => name === 'wsgi_module')?.[1];
  const found = module === undefined ? null : modWsgiAt(module);
  const daemon = first('wsgidaemonprocess', ([name]) => !name?.startsWith('service:'));
  return {
    conf,
    serverRoot: first('serverroot')?.[0] ?? null,
    ...listener(first('listen')?.[0]),
    errorLog: first('errorlog')?.[0] ?? null,
    logLevel: lastLogLevel(directives),
    mode: defines.has('ONE_PROCESS') ? 'debug' : defines.has('EMBEDDED_MODE') ? 'embedded' : 'daemon',
    processGroup: daemon?.[0] ?? null,
    daemon: new Map((daemon ?? []).slice(1).map(pair)),
    modWsgi: found?.version ?? '',
    python: found?.python ?? '',
    apache: apacheVersion(apachePid),
    mpm: /MOD_WSGI_MPM_ENABLE_(\w+)_MODULE/.exec([...defines].join(' '))?.[1]?.toLowerCase() ?? '',
  };
}

function lastLogLevel(directives: readonly Directive[]): string | null {
  return directives.findLast((one) => one.name === 'loglevel')?.words.join(' ') ?? null;
}

function listener(address: string | undefined): {listenHost: string | null; port: number | null} {
  const [, host, port] = /^(?:(.*):)?(\d+)$/.exec(address ?? '') ?? [];
  return {listenHost: host?.replace(/^\[(.*)\]$/, '$1') || null, port: port === undefined ? null : Number(port)};
}

function pair(word: string): [string, string] {
  const at = word.indexOf('=');
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}

function apacheVersion(pid: number): string {
  try {
    const httpdExecutable = readlinkSync(`/proc/${pid}/exe`);
    const found = findHttpd({httpdExecutable, modulesDirectory: null}, {...currentHost(), env: {}}, []);
    return 'version' in found ? found.version : '';
  } catch {
    return '';
  }
}
