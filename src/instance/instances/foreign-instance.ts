import {existsSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {isStopped, stopReason} from '../../sources/processes/stop-reason.ts';
import {startedAt} from '../../sources/processes/proc-stat.ts';
import type {ApachePlace} from './apache-place.ts';
import type {Instance} from './instance.ts';
import {listenerOf, listeners, urlOf} from './listeners.ts';
import type {ApacheParent} from './machine.ts';
import {mappedModule, moduleVersion} from './mapped-module.ts';
import {groupsOf, userOf} from './our-instance.ts';

/** Is mod_wsgi in it, and which. `unknown`: it may be, but only its owner or root can see that. */
export type HasModule = {has: true; version?: string} | {has: false} | {has: 'unknown'};

/**
 * Looks for mod_wsgi in an Apache: in its memory, else in the names of its children, else in its configuration's own file. Its daemons and children
 * have what the parent has loaded.
 */
export function hasModule(parent: ApacheParent, place: ApachePlace): HasModule {
  const mapped = mappedModule(parent.stat.pid);
  const named = place.directives.find(({name, words}) => name === 'loadmodule' && words[0] === 'wsgi_module')?.words[1];
  const path = mapped ?? named;
  if (path !== undefined) {
    const version = path.startsWith('/') ? moduleVersion(path) : undefined;
    return {has: true, ...(version !== undefined && {version})};
  }
  if (parent.titles.some((title) => title.startsWith('(wsgi:'))) return {has: true};
  return {has: mapped === null ? false : 'unknown'};
}

/** Describes an Apache with mod_wsgi that no supervisor of ours watches. */
export function foreignInstance(parent: ApacheParent, place: ApachePlace, version: string | undefined): Instance {
  const {stat} = parent;
  const original = isOriginal(place);
  const first = (name: string) => place.directives.find((one) => one.name === name)?.words;
  const daemon = first('wsgidaemonprocess');
  const listening = listeners(stat.pid)?.[0] ?? listenerOf(first('listen')?.[0]);
  const groups = groupsOf(parent);
  const instance: Instance = {
    kind: original ? 'original' : 'system',
    name: original ? (daemon?.[0] ?? groups[0] ?? basename(dirname(place.conf!))) : stat.comm,
    serverRoot: place.serverRoot ?? (place.conf === null ? '' : dirname(place.conf)),
    apachePid: stat.pid,
    user: userOf(stat.pid),
    since: startedAt(stat.startTicks),
  };
  const stopped = isStopped(stat.state) ? stopReason(stat.pid, stat.state) : null;
  if (stopped) {
    instance.state = 'degraded';
    instance.problem = `Apache's parent process ${stat.pid} is stopped by ${stopped.reason.by}`;
  }
  if (listening) instance.url = urlOf(listening);
  if (version !== undefined) instance.modWsgi = version;
  if (place.conf !== null) instance.conf = place.conf;
  // Only the original names its daemons, and has one group.
  const daemons = parent.titles.filter((title) => title.startsWith('(wsgi:') && !title.startsWith('(wsgi:service:')).length;
  if (original && daemons > 0) instance.processes = daemons;
  const threads = Number(daemon?.find((word) => word.startsWith('threads='))?.slice('threads='.length));
  if (original && threads > 0) instance.threads = threads;
  return instance;
}

/** The original's layout: its configuration is `httpd.conf` beside its handler, steered by definitions of its own on Apache's command line. */
function isOriginal({conf, defines}: ApachePlace): boolean {
  if (conf === null || basename(conf) !== 'httpd.conf') return false;
  return [...defines].some((name) => name.startsWith('MOD_WSGI_')) || existsSync(join(dirname(conf), 'handler.wsgi'));
}
