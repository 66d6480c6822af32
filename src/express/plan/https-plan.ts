import {resolve} from 'node:path';
import type {Host} from '../host.ts';
import type {StartOptions} from '../parse.ts';

/** How HTTPS is served. Paths are absolute; an empty one was not given, which preflight refuses. */
export interface HttpsPlan {
  port: number;
  certificate: string;
  key: string;
  chain: string | null;
  /** Issuers of client certificates. */
  authorities: string | null;
  /** URL paths that demand a client certificate; `/` is the whole site. */
  verify: string[];
}

export function httpsPlan(options: StartOptions, host: Host): HttpsPlan | null {
  if (options.httpsPort === null) return null;
  const absolute = (path: string | null) => (path === null ? null : resolve(host.cwd, path));
  const stem = options.sslCertificate;
  const file = (given: string | null, ending: string) => absolute(given ?? (stem === null ? null : stem + ending)) ?? '';
  const authorities = absolute(options.sslCaCertificateFile);
  return {
    port: options.httpsPort,
    certificate: file(options.sslCertificateFile, '.crt'),
    key: file(options.sslCertificateKeyFile, '.key'),
    chain: absolute(options.sslCertificateChainFile),
    authorities,
    verify: authorities === null ? [] : options.sslVerifyClient.length > 0 ? options.sslVerifyClient : ['/'],
  };
}

/** URL of a port: the number is left out where it goes without saying. */
export function originOf(scheme: 'http' | 'https', host: string, port: number): string {
  return `${scheme}://${host}${port === (scheme === 'https' ? 443 : 80) ? '' : `:${port}`}`;
}
