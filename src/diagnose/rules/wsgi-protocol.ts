import type {LogRule} from '../rule.ts';

/** Answers that are not as WSGI wants them. */
export const wsgiProtocolRules: LogRule[] = [
  {
    rule: 'answer-not-bytes',
    severity: 'error',
    by: 'error',
    match:
      /^TypeError: (?:(?:sequence of )?byte string values? expected, value of type (\S+) found|response iterable must yield bytes, not (\S+))/,
    cause: (found) => `The application returned ${found[1] ?? found[2]} where WSGI wants bytes.`,
    remedy: "Encode the text: return [text.encode('utf-8')], and wrap a single one in a list.",
  },
  {
    rule: 'answer-not-iterable',
    severity: 'error',
    by: 'error',
    match: /^TypeError: '(\w+)' object is not iterable/,
    cause: (found) =>
      `Something of type ${found[1]} is gone through like a list; with no further lines it is the answer of the application.`,
    remedy: 'Return a list of bytes from the application; a function without "return" gives None.',
  },
  {
    rule: 'answer-not-started',
    severity: 'error',
    by: 'error',
    match: /^RuntimeError: (?:response has not been started|start_response\(\) must be called before)/,
    cause: 'The application returned a body without having called start_response().',
    remedy: 'Call start_response(status, headers) before returning or yielding the first bytes.',
  },
  {
    rule: 'answer-started-twice',
    severity: 'error',
    by: 'error',
    match: /^RuntimeError: (?:headers have already been sent|start_response\(\) called more than once)/,
    cause: 'The application called start_response() again after it had begun to send the body.',
    remedy: 'Decide the status before the first bytes; after that an error can only end the answer.',
  },
  {
    rule: 'status-not-valid',
    severity: 'error',
    by: 'error',
    match: /^(?:ValueError|TypeError): (?:status|.*status line)/,
    cause: 'The status given to start_response() is not of the form "200 OK".',
    remedy: 'Give a string: three digits, a blank, and words.',
  },
  {
    rule: 'header-line-end',
    severity: 'error',
    by: 'error',
    match: /(?:carriage return|line feed|control character|embedded).*header|header.*(?:carriage return|line feed|control character)/i,
    cause: 'A response header has a line end in it: somebody may be trying to smuggle headers in.',
    remedy: 'Never put input into a header unchecked; take line ends out or refuse it.',
  },
  {
    rule: 'header-not-latin1',
    severity: 'error',
    by: 'error',
    match: /contain(?:s|ing) non.'?latin-1'? characters/i,
    versions: '4.x',
    cause: 'A status or response header has characters outside of Latin-1, which HTTP headers cannot carry.',
    remedy: "Encode them: urllib.parse.quote() for addresses, RFC 5987 (filename*=UTF-8''...) for file names.",
  },
  {
    rule: 'header-name',
    severity: 'error',
    by: 'error',
    match: /(?:space|colon|invalid).*header name|header name.*(?:space|colon|invalid)/i,
    cause: 'The name of a response header has a blank, a colon or other signs that are not allowed in it.',
    remedy: 'Give name and value apart: ("Content-Type", "text/plain").',
  },
  {
    rule: 'headers-not-list',
    severity: 'error',
    by: 'error',
    match:
      /start_response\(\) argument 2 must be list|expected list object for headers|list of tuple|tuple of length 2 expected for header/,
    cause: 'The headers given to start_response() are not a list of pairs.',
    remedy: 'Give a list of tuples: list(headers.items()).',
  },
  {
    rule: 'header-not-string',
    severity: 'error',
    by: 'error',
    match: /^TypeError: (?:expected (?:unicode|str(?:ing)?|byte string) object|must be str, not \w+$)/,
    cause: 'A status or response header is not a string, for example a number.',
    remedy: 'Turn it into one: ("Content-Length", str(len(body))).',
  },
  {
    rule: 'signal-ignored',
    severity: 'warn',
    by: 'server',
    match: /(?:Callback registration for|handler registration for) signal (\d+) (?:ignored|in WSGI process)/,
    cause: (found) => `The application wants to handle signal ${found[1]}; mod_wsgi keeps signals to itself and has ignored it.`,
    remedy: 'Nothing if it works without; a "reloader" or worker loop of a framework should be switched off under Apache.',
  },
];
