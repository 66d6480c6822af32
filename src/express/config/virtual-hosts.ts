import {type HttpsPlan, originOf} from '../plan/https-plan.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {forwardedHeaders, proxyPass} from './proxies.ts';
import {quote, section} from './quote.ts';

const indent = (lines: readonly string[]): string[] => lines.map((line) => `    ${line}`);

/** Certificates, as each HTTPS virtual host needs them. */
function encryption(plan: ServerPlan, https: HttpsPlan): string[] {
  const whole = https.verify.includes('/');
  return [
    'SSLEngine On',
    `SSLCertificateFile ${quote(https.certificate)}`,
    `SSLCertificateKeyFile ${quote(https.key)}`,
    ...(https.chain === null ? [] : [`SSLCertificateChainFile ${quote(https.chain)}`]),
    ...(https.authorities === null
      ? []
      : [`SSLCACertificateFile ${quote(https.authorities)}`, `SSLVerifyClient ${whole ? 'require' : 'optional'}`, 'SSLVerifyDepth 1']),
    // Asked for at the beginning of the connection and demanded here: browsers refuse to be asked later, in TLS 1.3 and in HTTP/2.
    ...(whole
      ? []
      : https.verify.flatMap((path) => [
          `<Location ${quote(path)}>`,
          '    AuthMerging And',
          `    Require expr "%{SSL_CLIENT_VERIFY} == 'SUCCESS'"`,
          '</Location>',
        ])),
    ...(plan.options.sslEnvironment ? ['SSLOptions +StdEnvVars'] : []),
    ...(plan.options.hstsPolicy === null ? [] : [`Header always set Strict-Transport-Security ${quote(plan.options.hstsPolicy)}`]),
  ];
}

interface Site {
  scheme: 'http' | 'https';
  port: number;
  /** Lines that all hosts of this port have. */
  common: string[];
}

function host(site: Site, address: '_default_' | '*', name: string | null, lines: readonly string[]): string[] {
  return [
    `<VirtualHost ${address}:${site.port}>`,
    ...(name === null ? [] : [`    ServerName ${quote(name)}`]),
    ...indent([...site.common, ...lines]),
    '</VirtualHost>',
  ];
}

/** For those who name no host of ours: denied when there is a name, served when there is none. */
function defaultHost(plan: ServerPlan, site: Site, redirect: readonly string[]): string[] {
  const {serverName, allowLocalhost} = plan.options;
  if (serverName === null) return host(site, '_default_', null, redirect);
  // In addition to what all requests have to fulfil, such as a password.
  const lines = ['<Location />', '    AuthMerging And', `    Require ${allowLocalhost ? 'local' : 'all denied'}`, '</Location>'];
  return host(site, '_default_', '_wsgi_', [...(allowLocalhost ? redirect : []), ...lines]);
}

function namedHosts(plan: ServerPlan, site: Site, redirect: readonly string[], origin: string): string[] {
  const {serverName, serverAliases} = plan.options;
  if (serverName === null) return [];
  const bare = serverName.startsWith('www.') ? serverName.slice(4) : null;
  return [
    ...host(site, '*', serverName, [...serverAliases.map((name) => `ServerAlias ${quote(name)}`), ...redirect]),
    ...(bare === null || serverAliases.includes(bare) ? [] : host(site, '*', bare, [`Redirect permanent / ${quote(`${origin}/`)}`])),
  ];
}

function sites(plan: ServerPlan): Site[] {
  const {https, options} = plan;
  const plain: Site = {scheme: 'http', port: options.port, common: []};
  return https === null ? [plain] : [plain, {scheme: 'https', port: https.port, common: encryption(plan, https)}];
}

/**
 * Hosts by name and by port. With --server-name only requests for that host are served. One of them is always first and takes what fits no other,
 * so hosts of proxies and services never become the one for everybody.
 */
export function virtualHostSection(plan: ServerPlan): string {
  const {options, https, services} = plan;
  const needed = options.serverName !== null || https !== null || options.proxyVirtualHosts.length > 0 || services.some((one) => one.log);
  if (!needed) return '';
  const listen = options.host === null ? '' : options.host.includes(':') ? `[${options.host}]:` : `${options.host}:`;
  const lines = https === null ? [] : [`Listen ${listen}${https.port}`];
  if (plan.modules.load.includes('socache_shmcb')) lines.push(`SSLSessionCache ${quote(`shmcb:${plan.paths.deck}/ssl_sessions(512000)`)}`);
  for (const site of sites(plan)) {
    const away = site.scheme === 'http' && options.httpsOnly && https !== null ? https.port : null;
    // The name that the client used: the certificate is for that one.
    const redirect =
      away === null ? [] : ['RewriteEngine On', `RewriteRule ^ ${originOf('https', '%{SERVER_NAME}', away)}%{REQUEST_URI} [R=302,L]`];
    const origin =
      away === null ? originOf(site.scheme, options.serverName ?? '', site.port) : originOf('https', options.serverName ?? '', away);
    lines.push(...defaultHost(plan, site, redirect), ...namedHosts(plan, site, redirect, origin));
    for (const [name, url] of options.proxyVirtualHosts) {
      lines.push(...host(site, '*', name, away === null ? [...proxyPass(plan, '/', url), ...forwardedHeaders()] : redirect));
    }
  }
  return section('Host names', lines);
}
