import type {OptionSpec} from './option.ts';

const pair = {type: 'string', arity: 2, repeatable: true, default: [], area: 'proxies'} as const;
const list = {type: 'string', arity: 1, repeatable: true, default: [], area: 'proxies'} as const;

/** Other servers behind this one, and front ends before it. */
export const proxyOptions = [
  {
    ...pair,
    flags: ['--proxy-mount-point', '--proxy-url-alias'],
    dest: 'proxyMountPoints',
    metavar: 'URL-PATH URL',
    help: 'Pass requests below a URL path to another HTTP server.',
    directive: 'ProxyPass, ProxyPassReverse, RequestHeader',
    since: '4.4.9',
  },
  {
    ...pair,
    flags: ['--proxy-virtual-host'],
    dest: 'proxyVirtualHosts',
    metavar: 'HOSTNAME URL',
    help: 'Pass requests for a host name to another HTTP server.',
    directive: 'VirtualHost, ProxyPass',
    since: '4.4.7',
  },
  {
    flags: ['--proxy-timeout'],
    dest: 'proxyTimeout',
    metavar: 'SECONDS',
    default: null,
    help: 'How long another server may take to answer. The socket timeout when left out.',
    directive: 'ProxyTimeout',
    since: '6.0.0',
    type: 'int',
    arity: 1,
    area: 'proxies',
    range: [1, null],
  },
  {
    ...list,
    flags: ['--trust-proxy-header'],
    dest: 'trustProxyHeaders',
    metavar: 'HEADER-NAME',
    help: 'Header of a front end that is believed, for example X-Forwarded-For.',
    directive: 'WSGITrustedProxyHeaders',
    since: '4.4.9',
  },
  {
    ...list,
    flags: ['--trust-proxy'],
    dest: 'trustProxies',
    metavar: 'IP-ADDRESS/SUBNET',
    help: 'Address or network of a front end whose headers are believed. Without it they are believed from everybody.',
    directive: 'WSGITrustedProxies',
    since: '4.4.10',
  },
] as const satisfies readonly OptionSpec[];
