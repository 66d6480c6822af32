import {describe, expect, test} from 'vitest';
import {parseStartServer, type StartOptions, UsageError} from '../../src/express/index.ts';
import {OPTIONS} from '../../src/express/options/table.ts';

function parse(argv: string[], env: NodeJS.ProcessEnv = {}): StartOptions {
  const parsed = parseStartServer(argv, env);
  if (parsed.action !== 'run') throw new Error(`asked for ${parsed.action}`);
  return parsed.options;
}

function refusal(...argv: string[]): string {
  try {
    parse(argv);
  } catch (error) {
    if (error instanceof UsageError) return error.line;
    throw error;
  }
  throw new Error('was accepted');
}

describe('what is accepted', () => {
  test('options and the script in any order', () => {
    expect(parse(['--port', '80', 'a.wsgi', '--threads=3'])).toMatchObject({port: 80, threads: 3, entry: 'a.wsgi'});
  });

  test('two values, also when the first is attached', () => {
    const options = parse(['--setenv', 'A', '1', '--setenv=B', '2', '--url-alias', '/s', 'static']);
    expect(options.setenv).toEqual([
      ['A', '1'],
      ['B', '2'],
    ]);
    expect(options.urlAliases).toEqual([['/s', 'static']]);
  });

  test('a value may look like an option or hold an equals sign', () => {
    expect(parse(['--setenv', 'A', '--x=y', '--process-group=a=b'])).toMatchObject({setenv: [['A', '--x=y']], processGroup: 'a=b'});
  });

  test('beginnings of names, as long as they are unique', () => {
    expect(parse(['--thr', '7', '--request-t', '9']).threads).toBe(7);
  });

  test('a beginning that was unique in the original still is, whatever we added', () => {
    expect(parse(['--reload']).reloadOnChanges).toBe(true);
  });

  test('two dashes end the options', () => {
    expect(parse(['--plain', '--', '--odd.wsgi']).entry).toBe('--odd.wsgi');
  });

  test('variables are expanded, unknown ones are left alone', () => {
    const options = parse(['$HOME/a.wsgi', '--port', '${PORT}', '--locale', '$NOPE'], {HOME: '/h', PORT: '8123'});
    expect(options).toMatchObject({entry: '/h/a.wsgi', port: 8123, locale: '$NOPE'});
  });

  test('--entry-point wins over the argument', () => {
    expect(parse(['a.wsgi', '--entry-point', 'b.wsgi']).entry).toBe('b.wsgi');
  });

  test('the last of two single values wins', () => {
    expect(parse(['--port', '1', '--port', '2']).port).toBe(2);
  });

  test('choices in any case, kept in the spelling of the table', () => {
    expect(parse(['--map-head-to-get', 'OFF', '--server-mpm', 'Worker'])).toMatchObject({mapHeadToGet: 'Off', serverMpm: ['worker']});
  });

  test('repeated calls do not share their lists', () => {
    parse(['--python-path', '/a']);
    expect(parse([]).pythonPaths).toEqual([]);
  });

  test.each([
    ['--help', 'help'],
    ['--hel', 'help'],
    ['-h', 'help'],
    ['--version', 'version'],
  ])('%s asks for %s', (word, action) => {
    expect(parseStartServer(['--port', '8001', word], {}).action).toBe(action);
  });
});

describe('values that mod_wsgi-express accepts', () => {
  // Checked with mod_wsgi-express 6.1: what its banner says.
  test.each([
    [' 8080 ', 8080],
    ['+8080', 8080],
    ['8_080', 8080],
    ['0x1F90', 8080],
    ['0X1f90', 8080],
    ['0b1111110010000', 8080],
    ['0o17620', 8080],
    ['017620', 8080],
    ['010', 8],
  ])('--port "%s"', (text, port) => {
    expect(parse(['--port', text]).port).toBe(port);
  });

  test('an empty value is none, and no processes are one', () => {
    const options = parse(['--host=', '--server-name', '', '--locale=', '--mount-point=', '--pid-file=', '--processes', '0']);
    const {host, serverName, locale, mountPoint, pidFile} = parse([]);
    expect(options).toMatchObject({host, serverName, locale, mountPoint, pidFile, processes: 1});
    expect(host).toBe(null);
  });
});

describe('what is refused, in one line', () => {
  test.each([
    [['--theads', '3'], /no option --theads; did you mean --threads\?/],
    [['--zzzzzzzz'], /no option --zzzzzzzz; --help/],
    [['--header-m', '3'], /--header-m may mean several options: --header-max-timeout, --header-min-rate/],
    [['--port'], /--port needs a value/],
    [['--setenv', 'A'], /--setenv needs two values/],
    [['--plain=yes'], /--plain takes no value/],
    [['--threads', '0'], /--threads: 0 is out of range; it must be from 1 to 1000/],
    [['--threads', '-3'], /out of range/],
    [['--threads', '2.5'], /"2.5" is not a whole number/],
    [['--threads', 'five'], /not a whole number/],
    [['--threads', ''], /not a whole number/],
    [['--port', '65536'], /from 1 to 65535/],
    [['--port', '08'], /not a whole number/],
    [['--port', '0x'], /not a whole number/],
    [['--port', '80 80'], /not a whole number/],
    [['--port', ' 0x1F90'], /not a whole number/],
    [['--port', '1__0'], /not a whole number/],
    [['--processes', '-1'], /from 1 to 1000/],
    [['--processes', ''], /not a whole number/],
    [['--request-timeout', '-1'], /0 or more/],
    [['--request-timeout', '99999999999'], /2147483647 at most/],
    [['--header-buffer-size', '8191'], /it must be 0, or 8192 or more/],
    [['--initial-workers', '1.5'], /from 0 to 1/],
    [['--switch-interval', 'NaN'], /not a number/],
    [['--server-mpm', 'itk'], /not one of event, worker, prefork/],
    [['--log-level', 'loud'], /"loud" is not a log level/],
    [['--log-level', 'warn wsgi:loud'], /"wsgi:loud" is not a log level/],
    [['--mount-point', 'app'], /not a URL path/],
    [['--callable-object', 'a b'], /not a Python name/],
    [['--error-log-name', '../x'], /not a file name/],
    [['--setenv', 'A', 'one\ntwo'], /line breaks/],
    [['--host', 'a b'], /not an address/],
  ])('%j', (argv, expected) => {
    const line = refusal(...argv);
    expect(line).toMatch(expected);
    expect(line).toMatch(/^wsgideck: error: [^\n]+$/);
  });

  test('what mod_wsgi-express has given up is refused with its reason', () => {
    const removed = OPTIONS.filter((option) => option.refused);
    expect(removed.length).toBe(6);
    for (const {flags, arity, refused} of removed) {
      expect(refusal(flags[0], ...Array.from({length: arity}, () => 'x'))).toBe(`wsgideck: error: ${flags[0]}: ${refused}`);
      expect(refused).toMatch(/has dropped .*; /);
    }
  });
});
