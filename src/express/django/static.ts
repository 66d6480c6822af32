import {readdirSync} from 'node:fs';
import {look} from '../look.ts';
import type {DjangoSettings} from './read-settings.ts';

export interface StaticFiles {
  /** What Apache serves itself: URL path (without a slash at its end) and directory. */
  aliases: [url: string, directory: string][];
  /** What is wrong with them, with the cure; one line. Null when all is well. */
  warning: string | null;
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    return false;
  }
}

/** What is wrong with STATIC_ROOT, or null. */
function trouble(settings: DjangoSettings): string | null {
  const {staticRoot} = settings;
  if (staticRoot === null) {
    return `STATIC_ROOT is not set in ${settings.settings}; set it to a directory of its own, such as BASE_DIR / "static", and start with --collectstatic`;
  }
  const {kind} = look(staticRoot);
  if (kind === 'missing') return `STATIC_ROOT ${staticRoot} does not exist; start with --collectstatic, or run manage.py collectstatic`;
  if (kind === 'file' || kind === 'other') return `STATIC_ROOT ${staticRoot} is not a directory; correct it in ${settings.settings}`;
  if (isEmpty(staticRoot)) return `STATIC_ROOT ${staticRoot} is empty; start with --collectstatic, or run manage.py collectstatic`;
  return null;
}

/**
 * Who serves the static files, and what keeps them from being served. Apache does, unless WhiteNoise does it inside the application, they are on
 * another host, or the user says otherwise. A directory that does not exist is served all the same: files that come up later are found.
 * @param given URL paths of the user's own aliases.
 */
export function planStatic(
  settings: DjangoSettings,
  {noStatic, mountPoint, given}: {noStatic: boolean; mountPoint: string; given: readonly string[]},
): StaticFiles {
  const {staticUrl, staticRoot} = settings;
  const nothing = {aliases: [], warning: null};
  if (noStatic || staticUrl === null || !staticUrl.startsWith('/') || staticUrl.startsWith('//')) return nothing;
  if (settings.whitenoise) {
    // In debug mode WhiteNoise takes the files from where they are; afterwards only from STATIC_ROOT.
    const text = settings.debug || !settings.staticfiles ? null : trouble(settings);
    return {aliases: [], warning: text && `static files are missing: ${text}`};
  }
  const url = withoutSlash(staticUrl);
  if (url === '') {
    return {aliases: [], warning: 'static files are not served: STATIC_URL is /, which is the application itself; set it to /static/'};
  }
  // An application below a mount point asks for them there or at the top, depending on whether a request was the first to ask for the setting.
  const mounted = settings.staticUrlRelative ? withoutSlash(mountPoint) + url : url;
  const taken = new Set(given.map(withoutSlash));
  const urls = [...new Set([mounted, url])].filter((one) => !taken.has(one));
  if (urls.length === 0) return nothing;
  const text = settings.staticfiles || staticRoot !== null ? trouble(settings) : null;
  return {
    aliases: staticRoot === null ? [] : urls.map((one) => [one, staticRoot]),
    warning: text && `static files are missing: ${text}`,
  };
}
