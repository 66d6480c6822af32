import {readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';

/**
 * Files in which compiled code is kept between starts. Neither V8 nor Python notices damage in it, they crash; so each file holds its content twice:
 * comparing the two takes 20 microseconds, the checksums that Node has to be loaded for take a millisecond and more.
 */

/** The content; undefined when there is no such file, or it is not whole. */
export function readKept(file: string): Buffer | undefined {
  try {
    const twice = readFileSync(file);
    const half = twice.length / 2;
    const content = twice.subarray(0, half);
    return half > 0 && content.length === half && content.equals(twice.subarray(half)) ? content : undefined;
  } catch {
    return undefined;
  }
}

/** Also after a power failure the name has all of it, or what it had before. @throws the system's error; nothing is left then. */
export function writeKept(file: string, content: Buffer): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, Buffer.concat([content, content]), {mode: 0o600, flush: true});
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, {force: true});
    throw error;
  }
}
