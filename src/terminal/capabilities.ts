/** What the terminal can show, from the environment alone: no query whose answer might arrive as key presses. */

export interface Capabilities {
  colour: boolean;
  unicode: boolean;
}

/**
 * NO_COLOR (any non-empty value, https://no-color.org) and TERM=dumb switch colour off; Ink's colour library does not look at the
 * first. Unicode needs a UTF-8 locale, by the precedence of setlocale(3): LC_ALL, LC_CTYPE, LANG.
 */
export function capabilities(env: Record<string, string | undefined>): Capabilities {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== '') ?? '';
  return {
    colour: (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
    unicode: /utf-?8/i.test(locale) && env.TERM !== 'dumb' && env.TERM !== 'linux',
  };
}
