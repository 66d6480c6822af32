import {existsSync, realpathSync, statSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {safeText} from '../../terminal/safe-text.ts';
import {findInstances} from './find-instances.ts';
import {type Instance, pidOf} from './instance.ts';
import {ourInstance} from './our-instance.ts';

/** A supervisor that does not listen yet is waited for: how long in all, how often looked at, and what counts as just started, in milliseconds. */
const PATIENCE = 3000;
const LOOK = 100;
const YOUNG = 10_000;

/**
 * The instance that a person means by a word: its name, its server root, its port, or the pid of its supervisor or of Apache's parent. Without a word
 * the only one there is. Apache answers a moment before its supervisor does: that moment is waited for.
 * @throws Error in one line: there is none, or there are several, which it names.
 */
export async function resolveInstance(word?: string): Promise<Instance> {
  for (const end = Date.now() + PATIENCE; ; await sleep(LOOK)) {
    const found = await lookUp(word);
    if (!isStarting(found) || Date.now() > end) return found;
  }
}

function isStarting({kind, access, supervisorPid, since}: Instance): boolean {
  return kind === 'ours' && access === 'none' && supervisorPid !== undefined && Date.now() - since < YOUNG;
}

async function lookUp(word?: string): Promise<Instance> {
  if (word !== undefined && isPath(word)) return inFolder(resolve(word));
  const all = await findInstances();
  if (word === undefined) {
    if (all.length === 0) throw new Error('no server with mod_wsgi runs on this machine (that you may see); wsgideck ps lists them');
    return theOnly(all, 'several servers run here');
  }
  const fitting = all.filter((one) => answersTo(one, word));
  if (fitting.length > 0) return theOnly(fitting, `several servers answer to "${word}"`);
  const known = all.length === 0 ? 'none runs here' : `there is ${all.map(callIt).join(', ')}`;
  throw new Error(`no server is called "${word}": ${known}; give a name, server root, port or pid as wsgideck ps shows them`);
}

/** Does a word that should name something else name a server: one that runs (or several), or a server root that may have been left behind? Never rejects. */
export async function namesInstance(word: string): Promise<boolean> {
  if (isPath(word)) return isServerRoot(word);
  return (await findInstances()).some((one) => answersTo(one, word));
}

function answersTo(one: Instance, word: string): boolean {
  if (one.name === word) return true;
  const number = /^\d+$/.test(word) ? Number(word) : null;
  return number !== null && (number === one.apachePid || number === one.supervisorPid || number === portOf(one));
}

function theOnly(found: readonly Instance[], several: string): Instance {
  if (found.length === 1) return found[0]!;
  throw new Error(`${several}: ${found.map(callIt).join(', ')}; say which by its port, pid or server root`);
}

/** As short as it is unmistakable. */
function callIt(one: Instance): string {
  const port = portOf(one);
  return `${safeText(one.name)} (${port === null ? `pid ${pidOf(one)}` : `port ${port}`})`;
}

function portOf({url}: Instance): number | null {
  try {
    const {port, protocol} = new URL(url ?? '');
    return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  } catch {
    return null;
  }
}

/** The folder that a word names, whether a server runs in it or not; null when it is none, or means something else, as a server's name does. */
export function folderOf(word: string | undefined): string | null {
  return word !== undefined && isPath(word) && statSync(word, {throwIfNoEntry: false})?.isDirectory() ? resolve(word) : null;
}

/** Servers are called as the folders of their applications: such a folder here is not meant by its name. */
function isPath(word: string): boolean {
  return word.includes('/') || isServerRoot(word);
}

function isServerRoot(word: string): boolean {
  return existsSync(join(word, 'httpd.conf')) || existsSync(join(word, 'wsgideck'));
}

/** By its server root, which works without /proc as well. */
async function inFolder(root: string): Promise<Instance> {
  if (!statSync(root, {throwIfNoEntry: false})?.isDirectory()) throw new Error(`${root}: there is no such server root`);
  const real = (path: string) => {
    try {
      return realpathSync(path);
    } catch {
      return path;
    }
  };
  const found = (await findInstances()).filter(({serverRoot}) => real(serverRoot) === real(root));
  if (found.length > 0) return theOnly(found, `several servers run in ${root}`);
  const path = join(root, 'wsgideck', 'control.sock');
  const instance = existsSync(path) ? await ourInstance({path, serverRoot: root}, [], new Map()) : null;
  if (instance?.state !== undefined) return instance;
  throw new Error(`${root}: no server runs there; start one with wsgideck start-server`);
}
