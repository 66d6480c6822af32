import {readFileSync} from 'node:fs';
import {childProcess} from '../child-process.ts';
import type {Host} from '../host.ts';
import {failure, type Problem} from '../problem.ts';

/** The user and group that the application runs as. */
export interface RunUser {
  uid: number;
  gid: number;
  name: string;
  group: string;
}

function fieldsOf(file: string, matches: (fields: string[]) => boolean): string[] | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  for (const line of text.split('\n')) {
    const fields = line.split(':');
    if (fields.length > 3 && matches(fields)) return fields;
  }
  return null;
}

interface Account {
  uid: number;
  gid: number;
  name: string;
}

/** Accounts that are not in the file (directory services, macOS) are asked for with a command; only then, as it costs milliseconds. */
function ask(command: string, args: string[]): string | null {
  try {
    return childProcess()
      .execFileSync(command, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 5000})
      .trim();
  } catch {
    return null;
  }
}

function userNamed(name: string): Account | null {
  const fields = fieldsOf('/etc/passwd', (one) => one[0] === name);
  if (fields) return {uid: Number(fields[2]), gid: Number(fields[3]), name};
  if (name.startsWith('-')) return null;
  const uid = ask('id', ['-u', name]);
  const gid = ask('id', ['-g', name]);
  return uid === null || gid === null || uid === '' ? null : {uid: Number(uid), gid: Number(gid), name};
}

/** Number of a group, null when there is none of that name. */
export function groupNamed(name: string): number | null {
  const fields = fieldsOf('/etc/group', (one) => one[0] === name);
  if (fields) return Number(fields[2]);
  const entry = name.startsWith('-') ? null : ask('getent', ['group', name]);
  return entry ? Number(entry.split(':')[2]) : null;
}

/** Name of a user; `#UID` when the file does not list it. */
export const userName = (uid: number): string => fieldsOf('/etc/passwd', (one) => Number(one[2]) === uid)?.[0] ?? `#${uid}`;
const groupName = (gid: number): string => fieldsOf('/etc/group', (one) => Number(one[2]) === gid)?.[0] ?? `#${gid}`;

/** Who is asked for. For root the environment wins over the options, as in the original's apachectl; others cannot choose. */
export function wantedUser(
  options: {user: string | null; group: string | null},
  {uid, env}: Host,
): {user: string | null; group: string | null} {
  if (uid !== 0) return {user: options.user, group: options.group};
  const variable = (what: 'USER' | 'GROUP') => env[`MOD_WSGI_${what}`] || env[`WSGI_RUN_${what}`];
  return {user: variable('USER') || options.user, group: variable('GROUP') || options.group};
}

/** The run user of a server: see `wantedUser`. A name that the environment has brought in is said to come from there. */
export function findServerUser(options: {user: string | null; group: string | null}, host: Host): RunUser | Problem {
  const wanted = wantedUser(options, host);
  const found = findRunUser(wanted, host);
  if ('uid' in found) return found;
  const source = (what: 'user' | 'group') =>
    wanted[what] === options[what] ? `--${what}` : `MOD_WSGI_${what.toUpperCase()} in the environment`;
  return failure(found.text.replace(/--(user|group)$/, (_, what: 'user' | 'group') => source(what)));
}

/** Works out who runs the application: --user and --group for root, the caller otherwise. */
export function findRunUser(options: {user: string | null; group: string | null}, host: Host): RunUser | Problem {
  let user: Account = {uid: host.uid, gid: host.gid, name: userName(host.uid)};
  if (options.user !== null) {
    const named = userNamed(options.user);
    if (!named) return failure(`unknown user: there is no user "${options.user}" on this system; give another --user`);
    user = named;
  }
  let gid = user.gid;
  if (options.group !== null) {
    const named = groupNamed(options.group);
    if (named === null) return failure(`unknown group: there is no group "${options.group}" on this system; give another --group`);
    gid = named;
  }
  return {uid: user.uid, gid, name: user.name, group: options.group ?? groupName(gid)};
}

/** The group of --view-group: a socket can only be given to a group that one belongs to, unless one is root. */
export function findViewGroup(name: string, host: Host): number | Problem {
  const gid = groupNamed(name);
  if (gid === null) return failure(`unknown group: there is no group "${name}" on this system; give another --view-group`);
  const ours = host.uid === 0 || gid === host.gid || (process.getgroups?.() ?? []).includes(gid);
  return ours ? gid : failure(`--view-group not possible: you are not a member of ${name}; have yourself added to it or leave it out`);
}
