import type {ServerPlan} from '../plan/server-plan.ts';
import {atLeast} from '../version.ts';
import {escapePattern, quote, section} from './quote.ts';

/** What the server behind needs to know of the request as the client made it. Set, never added to: what a client claims is not passed on. */
const FORWARDED = [
  'RequestHeader set X-Forwarded-Port "expr=%{SERVER_PORT}"',
  'RequestHeader set X-Forwarded-Scheme "expr=%{REQUEST_SCHEME}"',
];

/** Directives that pass everything below a path on. */
export function proxyPass(plan: ServerPlan, path: string, url: string): string[] {
  // Since that release mod_proxy_http can change over to WebSocket by itself.
  const upgrade = atLeast(plan.httpd.version, '2.4.47') ? ' upgrade=websocket' : '';
  // Apache puts the two together as they are: with a slash at the end of one only, it would be doubled or missing.
  const target = url.replace(/\/+$/, '') + (path.endsWith('/') ? '/' : '');
  return [`ProxyPass ${quote(path)} ${quote(target)}${upgrade}`, `ProxyPassReverse ${quote(path)} ${quote(target)}`];
}

export const forwardedHeaders = (): readonly string[] => FORWARDED;

/** Other servers at URL paths of this one; hosts of their own are among the virtual hosts. */
export function proxiesSection(plan: ServerPlan): string {
  const {proxyMountPoints, proxyVirtualHosts, proxyTimeout, trustProxyHeaders, trustProxies} = plan.options;
  // The more special path has to come first, as Apache takes the first that fits.
  const sorted = proxyMountPoints.toSorted(([a], [b]) => (a < b ? 1 : a > b ? -1 : 0));
  const proxied = [...proxyMountPoints, ...proxyVirtualHosts];
  const secure = proxied.some(([, url]) => url.startsWith('https:'));
  return section('Proxies', [
    ...(secure ? ['SSLProxyEngine On'] : []),
    ...(proxyTimeout === null || proxied.length === 0 ? [] : [`ProxyTimeout ${proxyTimeout}`]),
    ...sorted.flatMap(([path, url]) => {
      const bare = path.replace(/\/+$/, '');
      return [
        ...(path.endsWith('/') && bare !== '' ? [`RedirectMatch ${quote(`^${escapePattern(bare)}$`)} ${quote(`${bare}/`)}`] : []),
        ...proxyPass(plan, path, url),
        `<Location ${quote(path)}>`,
        ...FORWARDED.map((line) => `    ${line}`),
        ...(bare === '' ? [] : [`    RequestHeader set X-Forwarded-Prefix ${quote(bare)}`]),
        '</Location>',
      ];
    }),
    ...(trustProxyHeaders.length === 0 ? [] : [`WSGITrustedProxyHeaders ${trustProxyHeaders.map(quote).join(' ')}`]),
    ...(trustProxies.length === 0 ? [] : [`WSGITrustedProxies ${trustProxies.map(quote).join(' ')}`]),
  ]);
}
