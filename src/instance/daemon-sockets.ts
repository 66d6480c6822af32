import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';

/**
 * Sockets on which the daemon processes of an Apache listen (`PREFIX.PID.….sock`, bound by its parent), and whose files are not there any more: Apache's
 * children cannot connect to them. The kernel lists them by the name they were bound to. Empty where there is no /proc.
 */
export async function missingSockets(apachePid: number): Promise<string[]> {
  const name = new RegExp(String.raw` (/\S.*\.${apachePid}\.[^/]*\.sock)$`);
  const table = await readFile('/proc/net/unix', 'latin1').catch(() => '');
  const bound = table.split('\n').flatMap((line) => name.exec(line)?.[1] ?? []);
  return [...new Set(bound)].filter((path) => !existsSync(Buffer.from(path, 'latin1')));
}
