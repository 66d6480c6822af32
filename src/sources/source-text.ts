import {closeSync, constants, fstatSync, openSync, readSync} from 'node:fs';
import type {SourceWindow} from '../model/commands.ts';

/** A source file larger than this is not read, in bytes. */
const LARGEST = 4 * 1024 * 1024;
/** Files kept, and how long a kept one is believed to be unchanged, in milliseconds. */
const KEPT = 64;
const FRESH = 1000;

interface Kept {
  lines: string[];
  at: number;
}

const kept = new Map<string, Kept | string>();

/**
 * Lines around one line of a source file, for showing a stack. The name may come from inside the application: only regular files of modest size
 * are read, and never one that could block.
 * @param line 1-based; @param context lines before and after it.
 */
export function sourceAround(file: string, line: number, context: number): SourceWindow {
  const found = load(file);
  if (typeof found === 'string') return {file, from: 0, lines: [], error: found};
  const from = Math.max(1, line - context);
  return {file, from, lines: found.lines.slice(from - 1, line + context)};
}

/** The text of one line without its indentation; null when there is none. */
export function sourceLine(file: string, line: number): string | null {
  const found = load(file);
  return typeof found === 'string' ? null : (found.lines[line - 1]?.trim() ?? null);
}

function load(file: string): Kept | string {
  const known = kept.get(file);
  if (typeof known === 'object' && Date.now() - known.at < FRESH) return known;
  const found = read(file);
  kept.delete(file);
  kept.set(file, found);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  return found;
}

function read(file: string): Kept | string {
  if (!file.startsWith('/')) return 'not a file on disk';
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'the file does not exist (any more)' : 'the file cannot be read';
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > LARGEST) return 'not a source file';
    const buffer = Buffer.alloc(stat.size);
    const bytes = readSync(fd, buffer, 0, stat.size, 0);
    return {lines: buffer.toString('utf8', 0, bytes).split(/\r\n|\r|\n/), at: Date.now()};
  } catch {
    return 'the file cannot be read';
  } finally {
    closeSync(fd);
  }
}
