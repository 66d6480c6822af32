import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
  chmodSync,
} from 'node:fs';
import {join} from 'node:path';
import type {Incident} from '../../model/incidents.ts';
import {parseIncident} from './incident-file.ts';

/** What the folder may hold: files, and bytes of all of them. The oldest go. */
export const MOST = {files: 100, bytes: 50 * 1024 * 1024};
/** A file larger than this is none of ours, in bytes. */
const LARGEST = 20 * 1024 * 1024;
const NAME = /^(\d{8}-\d{6}-[\da-f]{2,8})\.(json|md|html)$/;

export function incidentFolder(serverRoot: string): string {
  return join(serverRoot, 'wsgideck', 'incidents');
}

/**
 * The files of one server root's incidents: one JSON file each, 0600 in a folder of 0700. Written whole or not at all, never through a link: the
 * folder has to be ours, and be a folder.
 */
export class IncidentStore {
  readonly folder: string;
  readonly #most: typeof MOST;

  constructor(folder: string, most = MOST) {
    this.folder = folder;
    this.#most = most;
  }

  /** @throws Error with the reason when the folder cannot be made, or belongs to somebody else. */
  open(): void {
    try {
      mkdirSync(this.folder, {mode: 0o700});
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    this.#check(true);
    chmodSync(this.folder, 0o700);
    for (const name of readdirSync(this.folder)) if (/^\.[\w-]+\.tmp$/.test(name)) this.#remove(name);
  }

  /** Replaces the incident's file. @throws the system's error (a full disk, most likely); the old file is as it was then. */
  write(incident: Incident): void {
    this.put(`${incident.summary.id}.json`, JSON.stringify(incident));
    this.#sweep(incident.summary.id);
  }

  /** Writes a file beside the incidents. @returns its path. @throws the system's error. */
  put(name: string, text: string): string {
    this.#check(true);
    const path = join(this.folder, name);
    const temporary = join(this.folder, `.${name.replace(/\W/g, '-')}.tmp`);
    this.#remove(temporary.slice(this.folder.length + 1));
    const fd = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    try {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
    } catch (error) {
      this.#remove(temporary.slice(this.folder.length + 1));
      throw error;
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    return path;
  }

  /** Names of the files that should hold incidents, oldest first. Empty when there is no folder. @throws Error when it may not be read. */
  names(): string[] {
    let names: string[];
    try {
      names = readdirSync(this.folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    this.#check(false);
    return names.filter((one) => one.endsWith('.json') && NAME.test(one)).toSorted();
  }

  /** @throws Error with the reason when that is no file of an incident. */
  read(name: string): {incident: Incident; changedAt: number} {
    const {text, changedAt} = this.#read(name);
    const incident = parseIncident(text);
    if (`${incident.summary.id}.json` !== name) throw new Error('it holds another incident than its name says');
    return {incident, changedAt};
  }

  /** One of them, null when there is none of that id (or it is damaged). */
  get(id: string): Incident | null {
    if (!NAME.test(`${id}.json`)) return null;
    try {
      return this.read(`${id}.json`).incident;
    } catch {
      return null;
    }
  }

  #read(name: string): {text: string; changedAt: number} {
    const fd = openSync(join(this.folder, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile() || stat.size > LARGEST) throw new Error('not a file of an incident');
      return {text: readFileSync(fd, 'utf8'), changedAt: Math.round(stat.mtimeMs)};
    } finally {
      closeSync(fd);
    }
  }

  /** Whoever owns this folder decides what others read in it. The superuser may read anybody's. */
  #check(toWrite: boolean): void {
    const stat = lstatSync(this.folder);
    if (!stat.isDirectory()) throw new Error(`${this.folder} is not a folder`);
    const uid = process.geteuid?.() ?? stat.uid;
    if (stat.uid !== uid && (toWrite || uid !== 0)) throw new Error(`${this.folder} belongs to another user`);
  }

  #sweep(keep: string): void {
    const files = readdirSync(this.folder)
      .filter((name) => NAME.test(name))
      .toSorted()
      .toReversed()
      .flatMap((name) => {
        const stat = lstatSync(join(this.folder, name), {throwIfNoEntry: false});
        return stat ? [{name, size: stat.size}] : [];
      });
    let [count, bytes] = [0, 0];
    for (const {name, size} of files) {
      count++;
      bytes += size;
      if ((count > this.#most.files || bytes > this.#most.bytes) && !name.startsWith(keep)) this.#remove(name);
    }
  }

  #remove(name: string): void {
    try {
      unlinkSync(join(this.folder, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
