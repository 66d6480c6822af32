import {readdirSync, readFileSync} from 'node:fs';

export interface LocaleFound {
  name: string;
  /** Is it installed; null when that cannot be told. */
  installed: boolean | null;
}

/** The way glibc spells a locale's folder: `en_US.UTF-8` is `en_US.utf8`. */
function folderName(name: string): string {
  const [base, rest] = name.split('.', 2);
  if (rest === undefined) return name;
  const [codeset, modifier] = rest.split('@', 2);
  return `${base}.${codeset!.toLowerCase().replaceAll(/[^a-z0-9]/g, '')}${modifier === undefined ? '' : `@${modifier}`}`;
}

function isInstalled(name: string): boolean | null {
  if (/^(?:C|POSIX)$/.test(name)) return true;
  try {
    const wanted = [name, folderName(name)];
    if (readdirSync('/usr/lib/locale').some((entry) => wanted.includes(entry))) return true;
    try {
      const archive = readFileSync('/usr/lib/locale/locale-archive');
      return wanted.some((one) => archive.includes(`\0${one}\0`));
    } catch {
      // No archive: the folders were all there is. glibc since 2.35 has C.UTF-8 built in, older ones as a folder.
      return /^C\.utf-?8$/i.test(name);
    }
  } catch {
    return null;
  }
}

/**
 * The locale for the application: the option, else the caller's, else C.UTF-8, also in place of C: Python would take everything for ASCII. Unlike the
 * original, C.UTF-8 stays what it is: turning it into en_US.UTF-8, which is often not installed, costs a warning at each start.
 */
export function findLocale(options: {locale: string | null; lang: string | null}, env: NodeJS.ProcessEnv): LocaleFound {
  const asked = options.locale ?? options.lang ?? (env.LC_ALL || env.LC_CTYPE || env.LANG);
  const name = !asked || /^(?:C|POSIX)$/i.test(asked) ? 'C.UTF-8' : asked;
  return {name, installed: isInstalled(name)};
}
