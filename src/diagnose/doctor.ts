import type {Host} from '../express/host.ts';
import {type Finding, ok} from './doctor/finding.ts';
import {serverFindings} from './doctor/server.ts';
import {systemFindings} from './doctor/system.ts';

export type {Finding} from './doctor/finding.ts';

/**
 * Looks at everything that a server here would need. Starts Apache and Python for moments (`httpd -v`, `httpd -t`), changes nothing.
 * What is `missing` keeps a server from running, and its text says what to do.
 */
export async function examine(host: Host): Promise<Finding[]> {
  const {before, after} = await systemFindings(host);
  const user = host.uid === 0 ? [ok('User', 'root: start-server needs --user, the user that the application runs as')] : [];
  return [...before, ...serverFindings(host), ...user, ...after];
}
