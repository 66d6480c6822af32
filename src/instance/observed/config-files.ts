/** Apache's configuration as it was written in its files: what is included, which parts count, which variables stand for what. */
import {existsSync, readdirSync, statSync} from 'node:fs';
import {basename, join, resolve} from 'node:path';
import {readRegular} from '../../express/regular-file.ts';
import type {ApacheStart} from './apache-process.ts';

/** One directive that is in force. */
export interface ConfigDirective {
  /** In lower case. */
  name: string;
  /** Without their quotes, variables put in. */
  words: string[];
  /** Open containers (VirtualHost, Directory, Location…) from the outermost, names in lower case. */
  within: Container[];
  file: string;
}

export interface Container {
  name: string;
  words: string[];
  /** Numbered in the order of the files: tells one virtual host from the other. */
  id: number;
}

export interface ConfigFiles {
  directives: ConfigDirective[];
  /** All that were read, the main one first. */
  files: string[];
  /** That may not be read, or are missing, each with its reason in words. */
  unread: {path: string; reason: string}[];
  serverRoot: string;
}

/** Includes in includes, and files in all: a loop must end. */
const DEEPEST = 40;
const MOST_FILES = 2000;
const LARGEST = 8 * 1024 * 1024;

/** Reads the configuration of a running Apache from its files, as they are now. Never throws: what could not be read is listed. */
export function readConfigFiles(start: ApacheStart): ConfigFiles {
  const reader = new Reader(start);
  for (const line of start.before) reader.text(line, '(command line)', 0);
  reader.file(start.configFile, 0);
  for (const line of start.after) reader.text(line, '(command line)', 0);
  return {directives: reader.directives, files: reader.files, unread: reader.unread, serverRoot: reader.serverRoot};
}

class Reader {
  readonly directives: ConfigDirective[] = [];
  readonly files: string[] = [];
  readonly unread: ConfigFiles['unread'] = [];
  readonly #start: ApacheStart;
  readonly #variables = new Map<string, string>();
  readonly #defines: Set<string>;
  /** Identifiers (`wsgi_module`) and sources (`mod_wsgi.c`) of the modules loaded so far. */
  readonly #modules = new Set<string>();
  readonly #containers: Container[] = [];
  serverRoot: string;
  #ids = 0;

  constructor(start: ApacheStart) {
    this.#start = start;
    this.#defines = new Set(start.defines);
    this.serverRoot = start.root;
  }

  file(path: string, depth: number): void {
    if (depth > DEEPEST || this.files.length >= MOST_FILES) return void this.unread.push({path, reason: 'too many files within files'});
    try {
      const info = statSync(path);
      if (!info.isFile()) throw new Error('it is no regular file');
      const text = readRegular(path, LARGEST);
      if (text === null) throw new Error('it may not be read by this user');
      this.files.push(path);
      this.text(text, path, depth);
    } catch (error) {
      this.unread.push({path, reason: reasonOf(error)});
    }
  }

  text(text: string, file: string, depth: number): void {
    /** One entry for each open section of this file that is a question: does what is in it count. */
    const asked: boolean[] = [];
    for (const line of text.replaceAll(/\\\r?\n/g, ' ').split('\n')) {
      const trimmed = line.trim();
      if (trimmed === '' || trimmed.startsWith('#')) continue;
      const counts = asked.every(Boolean);
      const question = /^<(\/?)(IfModule|IfDefine|IfVersion|IfFile|IfDirective|IfSection)\b\s*(.*?)>?\s*$/i.exec(trimmed);
      if (question) {
        if (question[1]) asked.pop();
        else asked.push(counts && this.#holds(question[2]!.toLowerCase(), this.#filled(question[3]!.replace(/>$/, ''))));
      } else if (counts) this.#line(this.#filled(trimmed), file, depth);
    }
  }

  #line(line: string, file: string, depth: number): void {
    const end = /^<\/(\w+)/.exec(line);
    if (end) {
      const at = this.#containers.findLastIndex((one) => one.name === end[1]!.toLowerCase());
      if (at >= 0) this.#containers.length = at;
      return;
    }
    const begin = /^<(\w+)\s*(.*?)\s*>\s*$/.exec(line);
    if (begin) {
      this.#containers.push({name: begin[1]!.toLowerCase(), words: wordsOf(begin[2]!), id: ++this.#ids});
      return;
    }
    const [first = '', ...words] = wordsOf(line);
    const name = first.toLowerCase();
    if (name === 'include' || name === 'includeoptional') return this.#include(words[0], name === 'include', depth);
    if (name === 'define') return this.#define(words);
    if (name === 'undefine') {
      this.#defines.delete(words[0] ?? '');
      this.#variables.delete(words[0] ?? '');
      return;
    }
    if (name === 'loadmodule' && words[0] !== undefined) {
      this.#modules.add(words[0]);
      this.#modules.add(sourceOf(words[1] ?? ''));
    }
    if (name === 'serverroot' && words[0] !== undefined) this.serverRoot = words[0];
    this.directives.push({name, words, within: [...this.#containers], file});
  }

  #define([name, value]: string[]): void {
    if (name === undefined) return;
    this.#defines.add(name);
    if (value !== undefined) this.#variables.set(name, value);
  }

  #include(pattern: string | undefined, needed: boolean, depth: number): void {
    if (pattern === undefined) return;
    const path = resolve(this.serverRoot, pattern);
    const found = expand(path);
    if (found.length === 0 && needed && !/[*?[]/.test(path)) this.unread.push({path, reason: 'it is not there'});
    for (const one of found) this.file(one, depth + 1);
  }

  #holds(question: string, argument: string): boolean {
    const no = argument.startsWith('!');
    const [word = '', ...rest] = wordsOf(no ? argument.slice(1) : argument);
    switch (question) {
      case 'ifdefine':
        return this.#defines.has(word) !== no;
      case 'ifmodule':
        return (
          (this.#modules.has(word) || this.#start.program.has(word.endsWith('.c') ? word : `mod_${word.replace(/_module$/, '')}.c`)) !== no
        );
      case 'iffile':
        return existsSync(resolve(this.serverRoot, word)) !== no;
      case 'ifversion':
        return versionHolds(this.#start.program.version, no ? `!${word}` : word, rest);
      default:
        // IfDirective and IfSection ask for what Apache knows; what people write there, it knows.
        return !no;
    }
  }

  /** `${NAME}` is what Define has said, else the environment; unknown ones stay as they are, as in Apache. */
  #filled(text: string): string {
    return text.replaceAll(/\$\{([^}:]+)\}/g, (whole, name: string) => this.#variables.get(name) ?? this.#start.env[name] ?? whole);
  }
}

/** Words of a line; quotes keep blanks together. A backslash counts before a quote or another one, in quotes only. */
export function wordsOf(line: string): string[] {
  const words = line.match(/(?:[^\s'"]|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|['"])+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(/(['"])((?:\\.|(?!\1)[^\\])*)\1/g, (_, mark: string, inner: string) =>
      inner.replaceAll(`\\${mark}`, mark).replaceAll('\\\\', '\\'),
    ),
  );
}

/** A module's source by its file: `/usr/lib/apache2/modules/mod_wsgi.so` -> `mod_wsgi.c`; the MPMs' sources have no `mod_mpm_`. */
function sourceOf(path: string): string {
  const name = basename(path).replace(/\.so.*$/, '');
  return name.startsWith('mod_mpm_') ? `${name.slice(8)}.c` : name.startsWith('mod_wsgi-py') ? 'mod_wsgi.c' : `${name}.c`;
}

function versionHolds(version: string, operator: string, rest: readonly string[]): boolean {
  const numbers = (text: string) => text.split('.').map(Number);
  const wanted = rest[0] ?? operator;
  const have = numbers(version);
  if (version === '' || /[~/]/.test(operator)) return true;
  const difference = numbers(wanted).reduce((sum, part, index) => sum || (have[index] ?? 0) - part, 0);
  switch (rest.length === 0 ? '=' : operator) {
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '!=':
    case '!==':
      return difference !== 0;
    default:
      return difference === 0;
  }
}

/** Files that a name with `*`, `?` and `[…]` stands for, sorted as Apache sorts them; all files below for the name of a folder. */
function expand(path: string): string[] {
  let places = ['/'];
  for (const part of path.split('/').filter(Boolean)) {
    places = /[*?[]/.test(part)
      ? places.flatMap((place) =>
          names(place)
            .filter(matcher(part))
            .map((name) => join(place, name)),
        )
      : places.map((place) => join(place, part));
  }
  return places.filter((one) => existsSync(one)).flatMap((one) => (isFolder(one) ? below(one) : [one]));
}

function below(folder: string): string[] {
  return names(folder)
    .map((name) => join(folder, name))
    .flatMap((one) => (isFolder(one) ? below(one) : [one]));
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false;
}

function matcher(pattern: string): (name: string) => boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name) && (pattern.startsWith('.') || !name.startsWith('.'));
}

function reasonOf(error: unknown): string {
  const {code, message} = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'it is not there';
  return code === 'EACCES' || code === 'EPERM' ? 'it may not be read by this user' : message;
}
