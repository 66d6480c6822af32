import {closeSync, constants, fchmodSync, fchownSync, fstatSync, lstatSync, mkdirSync, openSync, rmdirSync, type Stats} from 'node:fs';
import type {InstancePlan} from './instance-plan.ts';
import type {Told} from './told.ts';
import {writeProblem} from './write-problem.ts';

/** A socket of ours that can be made anew. */
export interface OwnSocket {
  /** As in "the control socket". */
  name: string;
  /** Makes it anew when it is not there any more; true when it had to. Rejects with the system's error when that is impossible. */
  renew(): Promise<boolean>;
}

/** Milliseconds for which it is shown that something was made anew. */
const SHOWN = 10 * 60_000;

/**
 * What others know us by: our folders, sockets and lock. Something that cleans up (systemd-tmpfiles, a script, a person) may delete them while the
 * server runs; they are made anew, so that commands and agents find us again, and no other start takes the server root for free.
 */
export class OwnPlaces {
  readonly #folders: readonly string[];
  readonly #sockets: readonly OwnSocket[];
  readonly #renewLock: InstancePlan['renewLock'];
  #looks = new Map<string, Stats>();
  readonly #remade: string[] = [];
  #shownUntil = 0;

  /** @param folders from the outermost to the innermost. */
  constructor({
    folders,
    sockets,
    renewLock,
  }: {
    folders: readonly string[];
    sockets: readonly OwnSocket[];
    renewLock: InstancePlan['renewLock'];
  }) {
    this.#folders = folders;
    this.#sockets = sockets;
    this.#renewLock = renewLock;
  }

  /** Owners and modes of the folders, as they are now. */
  remember(): void {
    for (const folder of this.#folders) {
      const info = lstatSync(folder, {throwIfNoEntry: false});
      if (info?.isDirectory()) this.#looks.set(folder, info);
    }
  }

  async look(told: Told): Promise<void> {
    const anew: string[] = [];
    try {
      for (const folder of this.#folders) if (this.#remake(folder)) anew.push(`the folder ${folder}`);
      const lock = this.#renewLock?.();
      if (lock === 'anew') anew.push('the lock');
      if (lock === 'lost')
        told.tell(
          'lock',
          'error',
          'another wsgideck has started in this server root, after its lock was deleted',
          'stop one of the two: wsgideck ps',
        );
      for (const socket of this.#sockets) if (await socket.renew()) anew.push(socket.name);
    } catch (error) {
      const text = `what was deleted in ${this.#folders[0]} cannot be made anew: ${writeProblem(error)}`;
      return told.tell('sockets', 'error', text, `commands may not reach this server; kill -TERM ${process.pid} stops it`);
    }
    if (anew.length > 0) {
      this.#shownUntil = Date.now() + SHOWN;
      const clean = `keep what cleans up there away from it (systemd-tmpfiles: a line "x ${this.#folders[0]}")`;
      told.tell('sockets', 'warn', `${list(anew)} had been deleted and ${anew.length === 1 ? 'is' : 'are'} there again`, clean);
    } else if (Date.now() > this.#shownUntil) told.takeBack('sockets');
  }

  /** At the end: folders that were deleted and that only we have made anew go again, when they are empty. */
  leave(): void {
    for (const folder of this.#remade.toReversed()) {
      try {
        rmdirSync(folder);
      } catch {
        // Somebody has put something there.
      }
    }
  }

  #remake(folder: string): boolean {
    const before = this.#looks.get(folder);
    const now = lstatSync(folder, {throwIfNoEntry: false});
    // Another part of ours may have been faster, to write something there.
    const ours = now?.isDirectory() && now.uid === process.geteuid?.();
    if (before === undefined || now?.ino === before.ino || (now !== undefined && !ours)) return false;
    if (now === undefined) mkdirSync(folder, {mode: 0o700});
    // On the descriptor: the owner of the folder above could put a link in its place after the check.
    const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      if (fstatSync(fd).uid !== process.geteuid?.()) return false;
      if (process.getuid?.() === 0) fchownSync(fd, before.uid, before.gid);
      fchmodSync(fd, before.mode & 0o777);
      this.#looks.set(folder, fstatSync(fd));
    } finally {
      closeSync(fd);
    }
    this.#remade.push(folder);
    return true;
  }
}

function list(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
