import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {copyFileSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, describe, expect, test} from 'vitest';
import {DECK_ACCESS_FORMAT, ERROR_LOG_FORMAT} from '../../src/express/log-formats.ts';
import type {LogEntry} from '../../src/model/log.ts';
import {parseAccessLine} from '../../src/sources/logs/access-log-parser.ts';
import {ErrorLogParser} from '../../src/sources/logs/error-log-parser.ts';
import {FileFollower} from '../../src/sources/logs/follower.ts';
import {restartReason} from '../../src/sources/logs/restart-reason.ts';
import {parseStackDump} from '../../src/sources/logs/stack-dump-parser.ts';
import {ProcessSampler} from '../../src/sources/processes/process-sampler.ts';
import {get} from '../support/http.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const MODULES = '/usr/lib/apache2/modules';
let apache: ChildProcess | null = null;
const followers: FileFollower[] = [];
const timers: NodeJS.Timeout[] = [];

afterEach(async () => {
  for (const timer of timers.splice(0)) clearInterval(timer);
  for (const follower of followers.splice(0)) await follower.stop();
  if (apache && apache.exitCode === null && apache.signalCode === null) {
    const ended = once(apache, 'exit');
    apache.kill('SIGTERM');
    await ended;
  }
  apache = null;
});

/** A small Apache of our own with the log formats that wsgideck writes. */
async function start(modulePath: string, pythonHome: string | null): Promise<{url: string; root: string; pid: number}> {
  const root = tempDir();
  const port = await freePort();
  mkdirSync(join(root, 'htdocs'));
  copyFileSync(new URL('../fixtures/logs/app.wsgi', import.meta.url), join(root, 'app.wsgi'));
  const user = process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : '';
  writeFileSync(
    join(root, 'httpd.conf'),
    `ServerRoot ${root}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${root}/httpd.pid
LoadModule mpm_event_module ${MODULES}/mod_mpm_event.so
LoadModule authz_core_module ${MODULES}/mod_authz_core.so
LoadModule wsgi_module ${modulePath}
${user}
DocumentRoot ${root}/htdocs
Mutex file:${root} default
ErrorLog ${root}/error_log
ErrorLogFormat "${ERROR_LOG_FORMAT}"
LogLevel warn wsgi:info
CustomLog ${root}/access.log "${DECK_ACCESS_FORMAT}"
StartServers 1
ServerLimit 1
ThreadsPerChild 5
MaxRequestWorkers 5
WSGISocketPrefix ${root}/wsgi
${pythonHome ? `WSGIPythonHome ${pythonHome}` : ''}
WSGIDaemonProcess shop threads=2 request-timeout=1 shutdown-timeout=1 display-name=%{GROUP}
WSGIScriptAlias / ${root}/app.wsgi process-group=shop application-group=%{GLOBAL}
<Directory ${root}>
Require all granted
</Directory>
`,
  );
  apache = spawn('/usr/sbin/apache2', ['-f', join(root, 'httpd.conf'), '-DFOREGROUND'], {stdio: 'inherit'});
  return {url: `http://127.0.0.1:${port}`, root, pid: apache.pid!};
}

describe.each(columns())('a real Apache with mod_wsgi $name', ({modulePath, pythonHome}) => {
  test('its logs become entries as they are written', async () => {
    const {url, root, pid} = await start(modulePath, pythonHome);
    const entries: LogEntry[] = [];
    const parser = new ErrorLogParser((entry) => entries.push(entry));
    timers.push(setInterval(() => parser.flush(), 100));
    const errors = new FileFollower(join(root, 'error_log'), {onLines: (lines) => lines.forEach((line) => parser.push(line))});
    const access = new FileFollower(join(root, 'access.log'), {
      onLines: (lines) => entries.push(...lines.flatMap((line) => parseAccessLine(line) ?? [])),
    });
    followers.push(errors, access);
    await errors.start();
    await access.start();
    await until('Apache to answer', async () => (await get(`${url}/`)).status === 200);

    const sampler = new ProcessSampler();
    const daemon = sampler.sample({supervisor: pid, groups: ['shop']}).find((row) => row.role === 'daemon')!;
    expect(daemon.label).toBe('shop');

    await get(`${url}/print`);
    expect((await get(`${url}/error`)).status).toBe(500);
    const said = await until('the printed line', () => entries.find((entry) => entry.text.startsWith('said in')));
    expect(said).toMatchObject({source: 'app', level: 'info', text: 'said in café with \x1b[31mcolour', pid: daemon.pid});
    const boom = await until('the exception', () => entries.find((entry) => entry.kind === 'traceback'));
    expect(boom).toMatchObject({source: 'app', level: 'error', text: 'ValueError: bad card', pid: daemon.pid});
    const request = await until('its access line', () => entries.find((entry) => entry.access?.url === '/error'));
    expect(request).toMatchObject({source: 'access', level: 'error', access: {method: 'GET', status: 500}, requestId: boom.requestId});
    expect(Math.abs(boom.at - Date.now())).toBeLessThan(60_000);

    const stuck = get(`${url}/sleep`, {timeout: 30_000}).catch(() => null);
    const alsoStuck = get(`${url}/sleep`, {timeout: 30_000}).catch(() => null);
    const dump = await until('the stack dump', () => entries.find((entry) => entry.kind === 'stack-dump'), 40_000);
    const stacks = parseStackDump(dump.more!);
    expect(stacks.map((stack) => stack.frames.at(-1)!.func)).toEqual(['application', 'application']);
    await Promise.all([stuck, alsoStuck]);

    const successor = await until('the next daemon', () =>
      sampler.sample({supervisor: pid, groups: ['shop']}).find((row) => row.role === 'daemon' && row.pid !== daemon.pid),
    );
    await until('the next daemon to answer', async () => (await get(`${url}/`)).status === 200);
    await get(`${url}/kill`);
    await until('the word of its death', () => entries.some((entry) => restartReason(entry)?.cause === 'killed'));
    const reasons = entries.flatMap((entry) => restartReason(entry) ?? []);
    expect(reasons.find((reason) => reason.rank === 3)).toMatchObject({pid: daemon.pid, cause: 'request-timeout', processGroup: 'shop'});
    expect(reasons.find((reason) => reason.cause === 'killed')).toMatchObject({pid: successor.pid, gone: true});
  });
});
