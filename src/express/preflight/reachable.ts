import {readFileSync} from 'node:fs';
import {dirname} from 'node:path';
import type {RunUser} from '../discovery/accounts.ts';
import {look} from '../look.ts';

/** The groups a user is in, its own included, as far as /etc/group tells. */
function groupsOf(user: RunUser): Set<number> {
  const groups = new Set([user.gid]);
  try {
    for (const line of readFileSync('/etc/group', 'utf8').split('\n')) {
      const [, , gid, members] = line.split(':');
      if (members?.split(',').includes(user.name)) groups.add(Number(gid));
    }
  } catch {
    // No such file: the user's own group has to do.
  }
  return groups;
}

const READ = 4;
const TRAVERSE = 1;

/**
 * Finds what keeps a user from a file or directory, by owner, group and mode: the first directory on the way that it may not enter, or the thing
 * itself when it may not be read. Null when nothing does, or when the path does not exist. Access control lists are not looked at, so an
 * answer that something is in the way is checked by trying wherever that is possible.
 */
export function blockedAt(path: string, user: RunUser, leaf: 'read' | 'enter' = 'read'): {path: string; kind: 'directory' | 'file'} | null {
  if (user.uid === 0) return null;
  const groups = groupsOf(user);
  const steps = [path];
  for (let parent = dirname(path); parent !== steps[0]; parent = dirname(parent)) steps.unshift(parent);
  for (const step of steps) {
    const {info} = look(step);
    if (!info) return null;
    const bits = info.uid === user.uid ? info.mode >> 6 : groups.has(info.gid) ? info.mode >> 3 : info.mode;
    const wanted = step === path && leaf === 'read' && !info.isDirectory() ? READ : TRAVERSE;
    if ((bits & wanted) === 0) return {path: step, kind: info.isDirectory() ? 'directory' : 'file'};
  }
  return null;
}

/** The same as an end of a sentence, with the cure. */
export function blockedText(path: string, user: RunUser, leaf: 'read' | 'enter' = 'read'): string | null {
  const blocked = blockedAt(path, user, leaf);
  if (!blocked) return null;
  const [what, cure] = blocked.kind === 'directory' ? ['enter the directory', 'o+x'] : ['read', 'o+r'];
  return `user ${user.name} may not ${what} ${blocked.path}; allow it (chmod ${cure} ${blocked.path}) or move it elsewhere`;
}
