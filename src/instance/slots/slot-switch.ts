import {closeSync, constants, existsSync, rmSync} from 'node:fs';
import {openRegular} from '../../express/regular-file.ts';

export type SlotName = 'blue' | 'green';

export const SLOTS = ['blue', 'green'] as const satisfies readonly SlotName[];

export const otherSlot = (name: SlotName): SlotName => (name === 'blue' ? 'green' : 'blue');

/** The file that Apache looks at for each request, and each daemon process when it starts: while it exists, green is live. */
export class SlotSwitch {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  live(): SlotName {
    return existsSync(this.#file) ? 'green' : 'blue';
  }

  /** New requests go to this slot from now on. @throws the system's error, for example on a full disk. */
  throwTo(slot: SlotName): void {
    if (slot === 'green') closeSync(openRegular(this.#file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o644));
    else rmSync(this.#file, {force: true});
  }
}
