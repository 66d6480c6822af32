/**
 * What part a process plays in an instance, from its ancestry and how it calls itself. mod_wsgi renames its processes with
 * display-name: daemons are `(wsgi:GROUP)`, service scripts `(wsgi:service:NAME)`.
 */
import type {ProcessRole} from '../../model/events.ts';
import {readArguments, type ProcStat} from './proc-stat.ts';

export interface KnownPids {
  supervisor: number;
  dashboard?: number | null;
  guard?: number | null;
  /** Apache's parent, where it is known by other means (its pid file); otherwise the guard's child that looks like Apache. */
  apache?: number | null;
  /** Names of daemon process groups, to complete what mod_wsgi had to cut (its name must fit into the room of Apache's own). */
  groups?: readonly string[];
}

export interface RoleAndLabel {
  role: ProcessRole;
  /** Process group of a daemon, name of a service, otherwise the command's name. */
  label: string;
}

const WSGI = /^\(wsgi:(service:)?(.*?)(\)?)$/;
const APACHE = /^(?:apache2|httpd|httpd\.\w+)$/;

/** Role of one process, given the role already found for its parent. */
export function roleOf(stat: ProcStat, known: KnownPids, parent: ProcessRole | undefined): RoleAndLabel {
  if (stat.pid === known.supervisor) return {role: 'supervisor', label: 'wsgideck'};
  if (stat.pid === known.dashboard) return {role: 'dashboard', label: 'wsgideck dashboard'};
  if (stat.pid === known.guard) return {role: 'guard', label: 'guard'};
  if (stat.pid === known.apache) return {role: 'apache', label: stat.comm};
  const argv = readArguments(stat.pid);
  // mod_wsgi fills the rest of the old name with blanks.
  const name = (argv[0] ?? stat.comm).trimEnd();
  const wsgi = WSGI.exec(name);
  if (wsgi) {
    const label = wsgi[3] ? wsgi[2]! : completed(`${wsgi[1] ?? ''}${wsgi[2]!}`, known.groups ?? []);
    return {role: wsgi[1] ? 'service' : 'daemon', label: label.replace(/^service:/, '')};
  }
  const apache = APACHE.test(stat.comm);
  if (parent === 'apache') {
    // A program started by Apache (piped log, CGI) is no MPM child; it has another name.
    return apache ? {role: 'child', label: stat.comm} : {role: 'other', label: commandName(name)};
  }
  if (apache && (parent === 'guard' || parent === 'supervisor')) return {role: 'apache', label: stat.comm};
  return {role: 'other', label: commandName(name)};
}

function completed(start: string, groups: readonly string[]): string {
  const matches = groups.filter((group) => group.startsWith(start));
  return matches.length === 1 ? matches[0]! : start;
}

function commandName(argv0: string): string {
  return argv0.slice(argv0.lastIndexOf('/') + 1) || argv0;
}
