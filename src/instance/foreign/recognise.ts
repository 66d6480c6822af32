import {basename} from 'node:path';

/** A command line of the original, as it is to be run. */
export interface ForeignCommand {
  kind: 'start-server' | 'runmodwsgi';
  /** Everything up to and with the command's own word, for example `mod_wsgi-express start-server`. */
  head: string[];
  /** What follows it: options and the entry point. */
  args: string[];
}

const EXPRESS = /^mod_wsgi[-_]express/;
/** Other words after `mod_wsgi-express`: they end by themselves and leave nothing to supervise. */
const OTHERS = new Set(['setup-server', 'module-config', 'module-location', 'install-module', 'build-docs']);

/**
 * Finds what is run in a command line: `mod_wsgi-express start-server …` or `… manage.py runmodwsgi …`, also behind other programs that start it
 * (`env`, `uv run`, `ddtrace-run`, an interpreter). A string is the reason why there is nothing to supervise.
 */
export function recognise(words: readonly string[]): ForeignCommand | string {
  const express = words.findIndex((word) => EXPRESS.test(basename(word)));
  const next = express < 0 ? undefined : words[express + 1];
  if (next === 'start-server') return split(words, express + 1, 'start-server');
  if (next !== undefined && OTHERS.has(next)) return `mod_wsgi-express ${next} leaves no server to supervise; run it without wsgideck`;
  const django = words.indexOf('runmodwsgi');
  if (django > 0) return split(words, django, 'runmodwsgi');
  const shown = words.slice(0, 3).join(' ');
  return `"${shown}" is not a command that wsgideck knows: it supervises mod_wsgi-express start-server … and python manage.py runmodwsgi …`;
}

function split(words: readonly string[], at: number, kind: ForeignCommand['kind']): ForeignCommand {
  return {kind, head: words.slice(0, at + 1), args: words.slice(at + 1)};
}
