import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import type {LogEntry} from '../../src/model/log.ts';
import {ErrorLogParser, type ErrorLogParserOptions} from '../../src/sources/logs/error-log-parser.ts';
import {parseStackDump} from '../../src/sources/logs/stack-dump-parser.ts';
import {restartReason} from '../../src/sources/logs/restart-reason.ts';
import {decodeBytes} from '../../src/sources/logs/unescape.ts';

function parse(lines: string[], options: ErrorLogParserOptions = {}): LogEntry[] {
  const entries: LogEntry[] = [];
  const parser = new ErrorLogParser((entry) => entries.push(entry), options);
  for (const line of lines) parser.push(line);
  parser.flush(true);
  return entries;
}

function fixture(name: string): string[] {
  const bytes = readFileSync(new URL(`../fixtures/logs/${name}.log`, import.meta.url));
  return bytes
    .toString('latin1')
    .split('\n')
    .slice(0, -1)
    .map((line) => decodeBytes(Buffer.from(line, 'latin1')));
}

const VERSIONS = ['4.9.4', '6.1.1'];

describe.each(VERSIONS)('mod_wsgi %s', (version) => {
  test.each([`app-${version}`, `app-default-format-${version}`])('%s: every traceback is one entry with its headline', (name) => {
    const entries = parse(fixture(name));
    const tracebacks = entries.filter((entry) => entry.kind === 'traceback').map((entry) => entry.text);
    expect(tracebacks.toSorted()).toEqual(
      [
        'ValueError: bad value: café "q" \\ back',
        'Boom: while loading',
        'Boom: multi',
        'SyntaxError: invalid syntax',
        'ExceptionGroup: two (2 sub-exceptions)',
        'RecursionError: maximum recursion depth exceeded',
        'ZeroDivisionError: division by zero',
        'ZeroDivisionError: division by zero',
        'SystemExit: 1',
        version === '4.9.4'
          ? 'OSError: Apache/mod_wsgi log object is not associated with a file descriptor.'
          : 'OSError: wsgi.errors log object has no file descriptor',
      ].toSorted(),
    );
    for (const entry of entries.filter((one) => one.kind)) expect(entry).toMatchObject({source: 'app', level: 'error', module: 'wsgi'});
    const multi = entries.find((entry) => entry.text === 'Boom: multi')!;
    expect(multi.more!.slice(-3).map((line) => line.replace(/^_mod_wsgi_\w+\./, ''))).toEqual(['Boom: multi', 'line', 'message']);
    expect(multi.more!.filter((line) => line.startsWith('Traceback'))).toHaveLength(2);
  });

  test('what the application prints is its own, line by line, and is not an error by itself', () => {
    const entries = parse(fixture(`app-${version}`)).filter((entry) => entry.source === 'app' && !entry.kind);
    const texts = entries.map((entry) => `${entry.level} ${entry.text}`);
    expect(texts.slice(0, 8)).toEqual([
      'info hello from print ',
      'info second',
      'info third line',
      'info ',
      'info fifth',
      'info ',
      'info via wsgi.errors café \x1b[31mred\x1b[0m tab\there cr\rend',
      'info no newline at end',
    ]);
    expect(entries[0]).toMatchObject({requestId: expect.stringMatching(/^[\w+/]{11}$/), client: expect.stringMatching(/^127/)});
    expect(entries[0]!.pid).toBeGreaterThan(1);
    expect(texts).toContainEqual(expect.stringMatching(/^error .* ERROR root could not divide$/));
    expect(texts).toContainEqual(expect.stringMatching(/^warn .* WARNING root plain warning$/));
    expect(texts).toContainEqual(expect.stringMatching(/^warn .*UserWarning: user thing$/));
    expect(texts).toContain('info raw ÿþ bytes to fd 2');
  });

  test('a stack dump is one entry per process, though other lines fall between', () => {
    const entries = parse(fixture(`request-timeout-${version}`));
    const dumps = entries.filter((entry) => entry.kind === 'stack-dump');
    expect(dumps).toHaveLength(1);
    const stacks = parseStackDump(dumps[0]!.more!);
    expect(stacks.map((stack) => stack.frames.length)).toEqual([2, 2, 2, 4]);
    expect(stacks[0]!.frames).toEqual([
      {file: '/srv/app/app.wsgi', line: 7, func: 'inner'},
      {file: '/srv/app/app.wsgi', line: 13, func: 'application'},
    ]);
    expect(stacks[3]!.frames.at(-1)).toEqual({file: '/usr/lib/python3.11/threading.py', line: 995, func: '_bootstrap'});
    expect(stacks[0]!.ident).toMatch(/^\d{15}$/);

    const two = parse(fixture(`request-timeout-two-processes-${version}`)).filter((entry) => entry.kind === 'stack-dump');
    expect(two.map((entry) => parseStackDump(entry.more!).length)).toEqual([2, 2]);
    expect(new Set(two.map((entry) => entry.pid)).size).toBe(2);
  });

  test('dumps of two processes written line by line into each other come apart', () => {
    const lines = fixture(`request-timeout-two-processes-${version}`);
    const dumped = lines.filter((line) => /Dumping|Thread \d|called from/.test(line));
    const pids = [...new Set(dumped.map((line) => /\[pid (\d+)/.exec(line)![1]!))];
    const [one, other] = pids.map((pid) => dumped.filter((line) => line.includes(`[pid ${pid}:`)));
    const woven = one!.flatMap((line, index) => [line, line.slice(0, 34) + other![index]!.slice(34)]);
    const dumps = parse(woven).filter((entry) => entry.kind === 'stack-dump');
    expect(dumps.map((entry) => [entry.pid, entry.more!.length])).toEqual(pids.map((pid) => [Number(pid), one!.length - 1]));
  });

  test('a script that does not compile is one traceback, with the announcement in it', () => {
    const entries = parse(fixture(`syntax-error-${version}`)).filter((entry) => entry.kind);
    expect(entries.map((entry) => entry.text)).toEqual(['SyntaxError: invalid syntax', 'SyntaxError: invalid syntax']);
    expect(entries[0]!.more![0]).toMatch(/Could not read(\/| or )compile/);
    expect(entries[1]!.requestId).toBeDefined();
  });

  test('every line of every log is accounted for', () => {
    for (const name of ['app', 'app-default-format', 'request-timeout', 'crash', 'signals', 'startup-timeout', 'syntax-error']) {
      const lines = fixture(`${name}-${version}`);
      // A dump's first line is the text of its entry; all lines of a traceback are in `more`.
      const count = parse(lines).reduce(
        (sum, entry) => sum + (entry.more ? entry.more.length + (entry.kind === 'stack-dump' ? 1 : 0) : 1),
        0,
      );
      expect(count, name).toBe(lines.length);
    }
  });

  test('the prefix is taken apart', () => {
    const notice = parse(fixture(`crash-${version}`)).find((entry) => entry.code === 'AH00489')!;
    expect(notice).toMatchObject({source: 'error', level: 'notice', module: 'mpm_event', seq: 0});
    expect(notice.text).toMatch(/^AH00489: Apache\/2\.4\.\d+ .* resuming normal operations$/);
    const expected = new Date(2026, 10, 20);
    expect(new Date(notice.at).toDateString()).toBe(expected.toDateString());
    const cut = parse(fixture(`crash-${version}`)).filter((entry) => entry.level === 'error');
    for (const entry of cut) expect(entry).toMatchObject({source: 'error', module: 'wsgi', requestId: expect.any(String)});
  });
});

describe('odd lines', () => {
  test('fragments that Apache leaves behind are not part of the text', () => {
    const entries = parse(fixture('fragments-6.1.1'));
    expect(entries[0]).toMatchObject({text: "Starting daemon process 'localhost:8000' with uid=33, gid=33 and threads=3.", level: 'info'});
    expect(entries.find((entry) => entry.source === 'app')).toMatchObject({text: 'hello from print ', requestId: 'NPq9fhIjTF4'});
    expect(entries.find((entry) => entry.kind === 'stack-dump')!.more).toHaveLength(6);
    for (const entry of entries) expect(entry.text).not.toMatch(/^\[(req|conn|client)/);
  });

  test('a prefix that lost its thread id during a restart still gives the process', () => {
    const line =
      "[Fri Nov 20 10:10:31.000000 2026] [wsgi:info] [pid 8753:tid mod_wsgi (pid=9101): Process 'localhost:8000' has been deregistered and will no longer be monitored.";
    expect(parse([line])).toMatchObject([{pid: 8753, text: expect.stringMatching(/^mod_wsgi \(pid=9101\): Process/)}]);
  });

  test('an application cannot give its line another request by printing brackets', () => {
    const prefix = '[Fri Nov 20 10:10:31.000000 2026] [wsgi:error] [pid 80:tid 81] [request Ps7Ec9LtW94] [client 127.0.0.1:80]';
    expect(parse([`${prefix} [request AAAAAAAAAAA] [client 6.6.6.6] [script `])).toMatchObject([
      {requestId: 'Ps7Ec9LtW94', client: '127.0.0.1:80', text: '[request AAAAAAAAAAA] [client 6.6.6.6] [script '},
    ]);
  });

  test('the dump before an interrupt is one entry', () => {
    const dump = parse(fixture('interrupt-timeout-6.1.1')).find((entry) => entry.kind === 'stack-dump')!;
    expect(parseStackDump(dump.more!)).toEqual([
      {ident: expect.any(String), frames: [{file: '/srv/app/app.wsgi', line: 68, func: 'application'}]},
    ]);
  });

  test('lines without a prefix: start-up messages and faulthandler', () => {
    const entries = parse(
      [
        '(98)Address already in use: AH00072: make_sock: could not bind to address 127.0.0.1:8000',
        'no listening sockets available, shutting down',
        'AH00015: Unable to open logs',
        'Fatal Python error: Segmentation fault',
        '',
        'Thread 0x00007f5e1c9fe6c0 (most recent call first):',
        '  File "/srv/app/app.wsgi", line 60 in application',
        'plain words',
      ],
      {now: () => 1000},
    );
    expect(entries).toEqual([
      expect.objectContaining({source: 'error', level: 'error', code: 'AH00072', at: 1000}),
      expect.objectContaining({source: 'app', text: 'no listening sockets available, shutting down'}),
      expect.objectContaining({source: 'error', level: 'error', code: 'AH00015'}),
      expect.objectContaining({kind: 'stack-dump', level: 'crit', text: 'Fatal Python error: Segmentation fault', more: expect.any(Array)}),
      expect.objectContaining({text: 'plain words', level: 'info'}),
    ]);
    expect(entries[3]!.more).toHaveLength(4);
    expect(parse(['no listening sockets available, shutting down'], {rawSource: 'startup'})).toMatchObject([
      {source: 'startup', level: 'error'},
    ]);
  });

  test('a fold waits 200 ms for its next line and no longer', () => {
    let clock = 5000;
    const entries: LogEntry[] = [];
    const parser = new ErrorLogParser((entry) => entries.push(entry), {now: () => clock});
    const prefix = '[Fri Nov 20 10:09:58.643782 2026] [wsgi:error] [pid 80:tid 81]';
    parser.push(`${prefix} Traceback (most recent call last):`);
    parser.push(`${prefix}   File "/srv/app/a.py", line 1, in f`);
    clock += 150;
    parser.flush();
    expect(entries).toEqual([]);
    parser.push(`${prefix} ValueError: bad`);
    expect(parser.pending).toBe(true);
    clock += 199;
    parser.flush();
    expect(entries).toEqual([]);
    clock += 1;
    parser.flush();
    expect(entries).toMatchObject([{text: 'ValueError: bad', kind: 'traceback'}]);
    expect(parser.pending).toBe(false);
  });

  test('a fold survives that the whole process is stopped in the middle of it', () => {
    let clock = 5000;
    const entries: LogEntry[] = [];
    const parser = new ErrorLogParser((entry) => entries.push(entry), {now: () => clock});
    const prefix = '[Fri Nov 20 10:09:58.643782 2026] [wsgi:error] [pid 80:tid 81]';
    parser.push(`${prefix} Traceback (most recent call last):`);
    parser.flush();
    clock += 20_000;
    // The timer comes first, the rest of the file after it.
    parser.flush();
    parser.push(`${prefix}   File "/srv/app/a.py", line 1, in f`);
    parser.push(`${prefix} ValueError: bad`);
    parser.flush(true);
    expect(entries).toMatchObject([{text: 'ValueError: bad', kind: 'traceback'}]);
  });

  test('a print right after a logged exception stays a line of its own', () => {
    const at = (micros: number): string => `[Fri Nov 20 10:09:58.${micros} 2026] [wsgi:error] [pid 80:tid 81]`;
    const entries = parse([
      `${at(100000)} Traceback (most recent call last):`,
      `${at(100001)}   File "/srv/app/a.py", line 1, in f`,
      `${at(100002)} ValueError: bad`,
      `${at(100050)} something else`,
    ]);
    expect(entries.map((entry) => entry.text)).toEqual(['ValueError: bad', 'something else']);
  });

  test('ten thousand threads that each begin a traceback do not fill the memory', () => {
    const entries: LogEntry[] = [];
    const parser = new ErrorLogParser((entry) => entries.push(entry));
    for (let tid = 1; tid <= 10_000; tid++) {
      parser.push(`[Fri Nov 20 10:09:58.100000 2026] [wsgi:error] [pid 80:tid ${tid}] Traceback (most recent call last):`);
    }
    expect(entries.length).toBe(10_000 - 256);
  });
});

test('no line, however made, takes long or throws', () => {
  const evil = [
    'exception raised '.repeat(4000),
    'a.'.repeat(32_000),
    `${'A'.repeat(64_000)}!`,
    ':1: '.repeat(16_000),
    'mod_wsgi (pid='.repeat(4000),
    '[req '.repeat(12_000),
    "process '".repeat(7000),
    '\\x'.repeat(30_000),
    '(1)'.repeat(20_000),
    'Traceback (most recent call last):'.repeat(1000),
  ];
  const prefix = '[Fri Nov 20 10:09:58.643782 2026] [wsgi:error] [pid 80:tid 81] ';
  const lines = evil.flatMap((text) => [text, prefix + text, `${prefix}(2)No such file: ${text}`, prefix.slice(0, -20) + text]);
  const before = process.cpuUsage();
  const entries = parse([...lines, ...lines]);
  for (const entry of entries) restartReason(entry);
  const {user} = process.cpuUsage(before);
  expect(entries.length).toBeGreaterThan(lines.length);
  // 80 lines of 64 KB: a pattern that goes quadratic on one of them needs many seconds for it.
  expect(user / 1e6).toBeLessThan(5);
});

// Lines as Apache 2.4 with mod_wsgi 4.9.4 and 6.1.1 writes them for print("one\r"), stderr.write("two\r\n") and a progress bar.
test('a carriage return at the end of an application line is no text, and the line feed after it no line of its own', () => {
  const line = (micros: string, text: string) =>
    `[Fri Nov 20 11:24:07.${micros} 2026] [wsgi:error] [pid 14024:tid 139732716545920] ${text}`;
  const entries = parse([
    line('881050', 'one\\r'),
    line('881077', ''),
    line('881081', 'two\\r'),
    line('881083', '10%\\r20%\\rdone'),
    line('881086', ''),
    line('881087', 'last'),
  ]);
  expect(entries.map((entry) => entry.text)).toEqual(['one', 'two', '10%\r20%\rdone', '', 'last']);
});
