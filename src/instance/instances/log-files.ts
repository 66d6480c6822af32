import {closeSync, constants, fstatSync, openSync, readSync} from 'node:fs';
import {join} from 'node:path';
import {effectiveDirectives} from '../foreign/httpd-conf.ts';
import {readRegular} from '../../express/regular-file.ts';

export interface LogFiles {
  errorLog: string;
  /** Its last lines. */
  tail(lines: number): string[];
}

const CONF_LIMIT = 1024 * 1024;
/** Bytes of the end of a log that are looked at. */
const TAIL = 1024 * 1024;

/** The error log of a server root in which nothing runs; null when that is no server root, or there is no log. */
export function logFilesOf(root: string): LogFiles | null {
  const conf = readRegular(join(root, 'httpd.conf'), CONF_LIMIT);
  if (conf === null) return null;
  const named = effectiveDirectives(conf, new Set()).findLast(({name}) => name === 'errorlog')?.words[0];
  const errorLog = named?.startsWith('/') && !named.startsWith('/dev/') ? named : join(root, 'error_log');
  return tailOf(errorLog, 0) === null ? null : {errorLog, tail: (lines) => tailOf(errorLog, lines) ?? []};
}

function tailOf(path: string, lines: number): string[] | null {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const info = fstatSync(fd);
    if (!info.isFile()) return null;
    const buffer = Buffer.alloc(Math.min(info.size, TAIL));
    const text = buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, info.size - buffer.length));
    return lines === 0 ? [] : text.replace(/\n$/, '').split('\n').slice(-lines);
  } catch {
    return null;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
