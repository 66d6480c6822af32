import type {ServerPlan} from '../plan/server-plan.ts';
import {quote, section} from './quote.ts';

/**
 * Scripts that decide who gets in. They run in Apache's own processes, in the main interpreter there: mod_wsgi has no other place for them, and
 * starts Python there only because of them.
 */
export function accessSection({access, options, hostName}: ServerPlan): string {
  const script = (directive: string, path: string) => `    ${directive} ${quote(path)} application-group=%{GLOBAL}`;
  const host = access.host === null ? [] : ['<Location />', script('WSGIAccessScript', access.host), '</Location>'];
  if (access.user === null) return section('Access', host);
  return section('Access', [
    ...host,
    '<Location />',
    `    AuthType ${options.authType}`,
    // Not the process group, which may have another name: stored hashes of passwords depend on it.
    `    AuthName ${quote(`${hostName}:${options.port}`)}`,
    `    Auth${options.authType}Provider wsgi`,
    script('WSGIAuthUserScript', access.user),
    ...(access.group === null ? [] : [script('WSGIAuthGroupScript', access.group)]),
    '    <RequireAll>',
    '        Require valid-user',
    ...(access.group === null ? [] : [`        Require wsgi-group ${quote(options.authGroup)}`]),
    '    </RequireAll>',
    '</Location>',
  ]);
}
