import type {DjangoSettings} from './read-settings.ts';

/** What Django allows by itself in debug mode when the list is empty. */
const DEBUG_HOSTS = ['.localhost', '127.0.0.1', '[::1]'];

function matches(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase();
  return wanted === '*' || wanted === host || (wanted.startsWith('.') && (host.endsWith(wanted) || host === wanted.slice(1)));
}

/** Does Django answer requests for this host, as ALLOWED_HOSTS has it. `host` without a port, an IPv6 address in brackets. */
export function isAllowed(settings: Pick<DjangoSettings, 'allowedHosts' | 'debug'>, host: string): boolean {
  const {allowedHosts, debug} = settings;
  const patterns = debug && allowedHosts.length === 0 ? DEBUG_HOSTS : allowedHosts;
  return patterns.some((pattern) => matches(pattern, host.toLowerCase()));
}

/** A warning when Django refuses the host that the server is reached by, with the cure; null when it does not. */
export function hostWarning(settings: DjangoSettings, host: string): string | null {
  if (isAllowed(settings, host)) return null;
  const why = settings.debug ? '' : ' with DEBUG off';
  const list = settings.allowedHosts.length === 0 ? 'is empty' : `has only ${settings.allowedHosts.slice(0, 5).join(', ')}`;
  return `requests for ${host} are answered 400: ALLOWED_HOSTS in ${settings.settings} ${list}${why}; add "${host}", or give the --host or --server-name it has`;
}

/** A host that Django answers, for asking whether it is ready: the one in the URL, or else the first one allowed; null when there is none. */
export function allowedHost(settings: DjangoSettings, host: string): string | null {
  if (isAllowed(settings, host)) return host;
  const first = settings.allowedHosts.find((pattern) => pattern !== '' && !pattern.includes('*'));
  return first === undefined ? null : first.replace(/^\./, '');
}
