import {accessSync, constants} from 'node:fs';
import {join} from 'node:path';

/**
 * As process 1 of a container we would get every orphan of the application and could collect none,
 * and the kernel would drop signals. So the guard takes our place, and we run again below it.
 * Returns when that is not possible; then we stay process 1.
 */
export function runBelowInit(): void {
  const guard = join(import.meta.dirname, 'native', 'wsgideck-guard');
  try {
    accessSync(guard, constants.X_OK);
  } catch {
    return;
  }
  const words = process.argv.slice(2);
  const end = words.indexOf('--');
  // Nothing else keeps the container up for the server that --detach starts.
  const stay = (end < 0 ? words : words.slice(0, end)).includes('--detach') ? ['--stay'] : [];
  // Node says that this function is experimental.
  process.removeAllListeners('warning');
  process.execve?.(guard, [guard, '--init', ...stay, '--', process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...process.env,
  });
}
