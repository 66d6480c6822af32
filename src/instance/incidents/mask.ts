/**
 * Secrets taken out of text before it is kept or leaves the machine. What counts as one: the value behind a name that says so (`password=…`,
 * `"api_key": "…"`), cookies, `Authorization`, user:password in URLs, and values that give themselves away by their form (JWT, private keys, the
 * keys of some well-known services). Nothing else: a secret under a harmless name (`?x=hunter2`) cannot be known. E-mail addresses stay.
 */

/** What stands in the place of a secret. */
export const MASK = '***';

/** Cheap look before the expensive ones: most text has nothing of the kind. */
const MAY_HOLD =
  /pass|pwd|secret|token|credential|key|auth|bearer|basic|cookie|sess|csrf|xsrf|sig|otp|code=|code%3D|pin=|pin%3D|jwt|sid|:\/\/[^/\s]*@|eyJ|AKIA|gh[pousr]_|sk_|BEGIN/i;

const NAME =
  '[\\w-]{0,40}(?:password|passwd|passphrase|pwd|secret|token|credentials?|api[-_]?key|access[-_]?key|private[-_]?key|auth[-_]?key|signature|session[-_]?(?:id|key)|sessid|csrf|xsrf)[\\w-]{0,40}';

/** `name=value`, `name%3Dvalue` (a URL in a URL), `name: value`, `'name': 'value'`. A value is quoted, or goes on until something that ends a word. */
const NAMED = new RegExp(
  `\\b(${NAME}["']?\\s{0,3}(?:=>|[=:]|%3D)\\s{0,3})(?:b?"[^"\\n]{1,4000}"?|b?'[^'\\n]{1,4000}'?|[^\\s&;,'")\\]}<>]{1,4000})`,
  'gi',
);
/** In source text only literals: `token=token` tells nothing, and hiding it would hide what the line does. */
const NAMED_LITERAL = new RegExp(`\\b(${NAME}["']?\\s{0,3}[=:]\\s{0,3}[rbuf]{0,2})("[^"\\n]{0,4000}"?|'[^'\\n]{0,4000}'?)`, 'gi');
/** Short names that mean a secret only in the query of a URL. */
const QUERY = /((?:[?&;]|%3F|%26)(?:key|sig|auth|code|pass|sid|otp|pin|jwt|session)(?:=|%3D))[^&;#\s'"<>]{1,4000}/gi;
const AUTHORIZATION =
  /\b((?:http[-_])?(?:proxy[-_])?authorization["']?\s{0,3}[=:]\s{0,3}["']?)(?:(?:basic|bearer|digest|token|negotiate)\s{1,3})?[^\r\n'"]{1,4000}/gi;
const SCHEME = /\b(basic|bearer)(\s{1,3})[\w.~+/=-]{8,4000}/gi;
const COOKIE = /\b((?:http[-_]|set-)?cookie["']?\s{0,3}[=:]\s{0,3}["']?)[^\r\n'"]{1,8000}/gi;
const USERINFO = /(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^/\s:@'"]{0,200}:)[^/\s@'"]{1,500}(?=@)/gi;
const FORMS = [
  /\beyJ[\w-]{8,4000}\.[\w-]{4,4000}\.[\w-]{0,4000}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\bgh[pousr]_\w{20,255}/g,
  /\bsk_(?:live|test)_\w{8,255}/g,
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g,
];

/** Text of a log, a URL or a title without its secrets. Pure; time grows with the length of the text only. */
export function maskText(text: string): string {
  if (!MAY_HOLD.test(text)) return text;
  let masked = text
    .replace(AUTHORIZATION, `$1${MASK}`)
    .replace(COOKIE, `$1${MASK}`)
    .replace(USERINFO, `$1${MASK}`)
    .replace(SCHEME, `$1$2${MASK}`)
    .replace(QUERY, `$1${MASK}`)
    .replace(NAMED, `$1${MASK}`);
  for (const form of FORMS) masked = masked.replace(form, MASK);
  return masked;
}

/** A line of source code without the literals of its secrets. */
export function maskSource(text: string): string {
  if (!MAY_HOLD.test(text)) return text;
  let masked = text
    .replace(NAMED_LITERAL, (_all, name: string, literal: string) => `${name}${literal[0]!}${MASK}${literal[0]!}`)
    .replace(USERINFO, `$1${MASK}`);
  for (const form of FORMS) masked = masked.replace(form, MASK);
  return masked;
}

/** Fields that name things of ours or of the code, never content. */
const NAMES = new Set(['id', 'ident', 'requestId', 'file', 'func', 'kind', 'type', 'rule', 'pid', 'method', 'verdict', 'processGroup']);

/** A copy in which every text is masked; `source` fields as source code. */
export function maskDeep<T>(value: T): T {
  return walk(value, '') as T;
}

function walk(value: unknown, name: string): unknown {
  if (typeof value === 'string') return NAMES.has(name) ? value : name === 'source' ? maskSource(value) : maskText(value);
  if (Array.isArray(value)) return value.map((one) => walk(one, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one, key)]));
}
