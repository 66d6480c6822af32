import {existsSync, lstatSync, statSync, type Stats} from 'node:fs';
import {dirname} from 'node:path';
import {roomIn} from './disk-room.ts';
import type {Told} from './told.ts';

/** A log that Apache opens by its name. */
export interface LogPlace {
  /** As in "the error log". */
  name: string;
  path: string;
}

/** Looks after which a log that is not there counts as deleted: whoever rotates logs renames one, and tells Apache a moment later. */
const GONE = 2;

/**
 * The places of the logs: what has become of a file since Apache opened it is not seen before its next restart, which then fails; and a file system
 * that is full swallows lines without a word.
 */
export class LogPlaces {
  readonly #root: string;
  /** Those that were files (or not there yet) at the start; links and devices are the user's own choice. */
  readonly #files: readonly LogPlace[];
  readonly #all: readonly LogPlace[];
  readonly #gone = new Map<string, number>();

  /**
   * @param root folder whose file system is watched anyhow.
   * @param rotated rotatelogs makes links of them.
   */
  constructor(root: string, logs: readonly LogPlace[], rotated = false) {
    this.#root = root;
    this.#all = logs;
    this.#files = logs.filter(({path}) => {
      const info = lookAt(path);
      if (rotated) return false;
      return info === null || info.isFile() || info.isDirectory();
    });
  }

  async look(told: Told): Promise<void> {
    for (const log of this.#files) this.#place(log, told);
    await this.#room(told);
  }

  /** Why Apache could not open its logs again, in one line; null when nothing stands in the way. */
  obstacle(): string | null {
    for (const log of this.#files) {
      const trouble = troubleOf(log);
      if (trouble?.fatal) return `${trouble.text}; ${trouble.remedy}`;
    }
    return null;
  }

  #place(log: LogPlace, told: Told): void {
    const key = `log-place ${log.name}`;
    const trouble = troubleOf(log);
    const looks = trouble === null ? 0 : (this.#gone.get(key) ?? 0) + 1;
    this.#gone.set(key, looks);
    if (trouble === null) told.takeBack(key);
    else if (trouble.fatal || looks >= GONE) told.tell(key, trouble.fatal ? 'error' : 'warn', trouble.text, trouble.remedy);
  }

  /** One notice for each file system beside that of the server root. */
  async #room(told: Told): Promise<void> {
    const seen = new Set([deviceOf(this.#root)]);
    for (const {name, path} of this.#all) {
      const info = targetOf(path);
      if (info !== null && !info.isFile()) continue;
      const folder = dirname(path);
      const device = info?.dev ?? deviceOf(folder);
      if (device === null || seen.has(device)) continue;
      seen.add(device);
      const {trouble, mended} = await roomIn(folder);
      const key = `log-disk ${name}`;
      if (trouble) told.tell(key, 'error', `${trouble.what} for the ${name} (${path})`, `${trouble.remedy}: its lines are lost meanwhile`);
      else if (mended) told.takeBack(key);
    }
  }
}

interface Trouble {
  text: string;
  remedy: string;
  /** Apache cannot open it, so a restart would be its end. */
  fatal: boolean;
}

function troubleOf({name, path}: LogPlace): Trouble | null {
  const info = lookAt(path);
  if (info?.isFile()) return null;
  if (info === null && !existsSync(dirname(path))) {
    const folder = dirname(path);
    const text = `the folder of the ${name} has been removed: ${folder}; Apache cannot be restarted, and its lines go into a file without a name`;
    return {text, remedy: `make it again (mkdir -p ${folder}), then: wsgideck restart`, fatal: true};
  }
  if (info === null) {
    const text = `the ${name} has been deleted or renamed: Apache writes on into the file that was ${path}`;
    return {text, remedy: 'wsgideck restart has it made anew', fatal: false};
  }
  const kind = info.isDirectory() ? 'a folder' : info.isSymbolicLink() ? 'a link' : info.isFIFO() ? 'a named pipe' : 'no file';
  const text = `the ${name} is ${kind} by now: ${path}; Apache writes on into the file that was there`;
  // Through a link Apache would write on, to wherever that leads.
  if (info.isSymbolicLink()) return {text, remedy: 'see who made the link; remove it, then: wsgideck restart', fatal: false};
  return {
    text: `${text}, and could not start with this`,
    remedy: `move it away (mv ${path} ${path}.away), then: wsgideck restart`,
    fatal: true,
  };
}

function lookAt(path: string): Stats | null {
  try {
    return lstatSync(path, {throwIfNoEntry: false}) ?? null;
  } catch {
    return null;
  }
}

function targetOf(path: string): Stats | null {
  try {
    return statSync(path, {throwIfNoEntry: false}) ?? null;
  } catch {
    return null;
  }
}

const deviceOf = (path: string): number | null => targetOf(path)?.dev ?? null;
