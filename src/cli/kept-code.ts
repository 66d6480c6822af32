/** Where compiled code is kept between starts. */
export interface KeptCode {
  /** Absolute path of a folder for this version of ours alone, which is there. */
  folder: string;
  /** Keeps what has been compiled by now, when there was nothing or nothing useful; else null. */
  save: (() => void) | null;
}

let known: KeptCode | null = null;

/** Called by the entry, which loads the rest (compiled-commands.ts). */
export function useKeptCode(kept: KeptCode): void {
  known = kept;
}

/** Null where nothing can be kept. */
export const keptCode = (): KeptCode | null => known;
