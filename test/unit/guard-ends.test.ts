import {chmodSync, closeSync, openSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {buildGuard, Guarded, pythonChild} from '../fixtures/guard/guarded.ts';
import {tempDir} from '../support/temp.ts';

let guard: string;

beforeAll(() => {
  guard = buildGuard();
});

function finish(options: string[], program: string[]) {
  const status = join(tempDir(), 'status');
  const {status: code, signal, stdout, stderr} = spawnSync(guard, ['--status', status, ...options, '--', ...program], {encoding: 'utf8'});
  return {code, signal, stdout, stderr, lines: readFileSync(status, 'utf8').split('\n').slice(1, -1), mode: statSync(status).mode & 0o777};
}

test.each([0, 1, 3, 127, 255])('ends with status %i as the program did', (code) => {
  const end = finish([], ['sh', '-c', `exit ${code}`]);
  expect(end).toMatchObject({code, signal: null, stderr: '', mode: 0o600});
  expect(end.lines.at(-1)).toBe(`exited ${code}`);
});

test.each(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT', 'SIGHUP', 'SIGUSR1', 'SIGPIPE', 'SIGALRM'])(
  'ends by %s as the program did',
  (signal) => {
    const end = finish([], ['sh', '-c', `kill -${signal.slice(3)} $$`]);
    expect(end).toMatchObject({code: null, signal});
  },
);

test('leaves no core file of its own', () => {
  const folder = tempDir();
  const program = 'ulimit -c unlimited; exec "$0" -- sh -c "ulimit -c 0; kill -SEGV \\$\\$"';
  expect(spawnSync('sh', ['-c', program, guard], {cwd: folder}).signal).toBe('SIGSEGV');
  expect(spawnSync('ls', ['-A', folder], {encoding: 'utf8'}).stdout).toBe('');
});

test('a program that does not exist: one line, 127', () => {
  const end = finish([], ['/nowhere/httpd']);
  expect(end).toMatchObject({code: 127, stdout: '', stderr: 'wsgideck-guard: cannot run /nowhere/httpd: No such file or directory\n'});
  expect(end.lines).toEqual(['cannot-run No such file or directory']);
});

test('a program that cannot be run: one line, 126', () => {
  const file = join(tempDir(), 'plain.txt');
  writeFileSync(file, 'text');
  chmodSync(file, 0o644);
  expect(finish([], [file])).toMatchObject({code: 126, stderr: `wsgideck-guard: cannot run ${file}: Permission denied\n`});
});

test('the program sees the name it is given', () => {
  expect(finish(['--argv0', 'httpd (site)'], ['sh', '-c', 'cat /proc/$$/cmdline']).stdout).toMatch(/^httpd \(site\)\0-c\0/);
});

test('the program has only the descriptors 0, 1 and 2', () => {
  const extra = openSync('/dev/null', 'r');
  const list = 'import os\nfor fd in range(1000):\n  try: os.fstat(fd)\n  except OSError: continue\n  print(fd)';
  const script = 'exec 7</dev/null; exec "$0" -- python3 -c "$1"';
  const {stdout} = spawnSync('sh', ['-c', script, guard, list], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe', extra]});
  closeSync(extra);
  expect(stdout).toBe('0\n1\n2\n');
});

test('the program has no blocked and no ignored signals', () => {
  const script = 'trap "" USR1 PIPE HUP; exec "$0" -- grep -E "Sig(Blk|Ign)" /proc/self/status';
  const {stdout} = spawnSync('sh', ['-c', script, guard], {encoding: 'utf8'});
  expect(stdout).toBe('SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
});

test('the status file is never written through a link', () => {
  const folder = tempDir();
  const precious = join(folder, 'precious');
  writeFileSync(precious, 'keep');
  symlinkSync(precious, join(folder, 'status'));
  const end = spawnSync(guard, ['--status', join(folder, 'status'), '--', 'true'], {encoding: 'utf8'});
  expect(end.status).toBe(125);
  expect(end.stderr).toBe(`wsgideck-guard: cannot write the status file ${join(folder, 'status')}: Too many levels of symbolic links\n`);
  expect(readFileSync(precious, 'utf8')).toBe('keep');
});

test.each([
  [['--grace', 'soon', '--', 'true'], '--grace takes seconds from 0 to 86400, not: soon'],
  [['--grace', '-1', '--', 'true'], '--grace takes seconds from 0 to 86400, not: -1'],
  [['--grace', 'nan', '--', 'true'], '--grace takes seconds from 0 to 86400, not: nan'],
  [['--grace'], 'a value must follow: --grace'],
  [['--port', '0', '--', 'true'], 'a port is a number from 1 to 65535, there are at most 8, not: 0'],
  [['--port6', '65536', '--', 'true'], 'a port is a number from 1 to 65535, there are at most 8, not: 65536'],
  [['--parent', '0', '--', 'true'], '--parent takes a process id, not: 0'],
  [['--colour', '--', 'true'], 'unknown option: --colour'],
  [['true'], 'PROGRAM must follow --: true'],
  [['--'], 'no PROGRAM given'],
  [[], 'no PROGRAM given'],
])('usage error %j', (args, message) => {
  const end = spawnSync(guard, args, {encoding: 'utf8'});
  expect(end).toMatchObject({status: 125, stdout: '', stderr: `wsgideck-guard: ${message}; see wsgideck-guard --help\n`});
});

test('nothing is started when the parent is another process than was said', () => {
  const folder = tempDir();
  const end = spawnSync(guard, ['--parent', '1', '--', 'touch', join(folder, 'started')], {encoding: 'utf8'});
  expect(end.status).toBe(125);
  expect(end.stderr).toContain('nothing was started');
  expect(spawnSync('ls', ['-A', folder], {encoding: 'utf8'}).stdout).toBe('');
});

test('help, version and what the platform can', () => {
  expect(spawnSync(guard, ['--help'], {encoding: 'utf8'})).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringContaining('usage:'),
  });
  const version = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
  expect(spawnSync(guard, ['--version'], {encoding: 'utf8'}).stdout).toBe(`wsgideck-guard ${version}\n`);
  expect(spawnSync(guard, ['--capabilities'], {encoding: 'utf8'}).stdout).toContain('platform: linux\n');
});

test('it is small and sleeps', async () => {
  const run = new Guarded((self) => [guard, '--', ...pythonChild(self.log)]);
  try {
    await run.line('ready');
    const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${run.pid}/smaps_rollup`, 'utf8'));
    expect(Number(pss?.[1])).toBeLessThan(2048);
    const switches = () => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${run.pid}/status`, 'utf8'))?.[1]);
    const before = switches();
    // A guard that polled would have been switched to; how long the wait really takes does not matter.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(switches()).toBe(before);
  } finally {
    await run.dispose();
  }
});
