import {expect, test} from 'vitest';
import {effectiveOptions} from '../../src/express/effective.ts';
import {effectiveDirectives, definesOf} from '../../src/instance/foreign/httpd-conf.ts';
import {includeFile} from '../../src/instance/foreign/include-file.ts';
import {readOriginalOptions} from '../../src/instance/foreign/original-options.ts';
import {recognise} from '../../src/instance/foreign/recognise.ts';
import type {StartOptions} from '../../src/express/parse.ts';

const words = (text: string): string[] => text.split(' ');

test.each([
  ['mod_wsgi-express start-server app.wsgi', 'start-server', 2],
  ['/v/bin/mod_wsgi-express-3.11 start-server --port 1', 'start-server', 2],
  ['uv run mod_wsgi-express start-server app.wsgi', 'start-server', 4],
  ['python manage.py runmodwsgi --port 8001', 'runmodwsgi', 3],
  ['./manage.py runmodwsgi', 'runmodwsgi', 2],
])('%s is recognised', (line, kind, length) => {
  const found = recognise(words(line));
  expect(found).toMatchObject({kind});
  if (typeof found === 'string') throw new Error(found);
  expect(found.head).toHaveLength(length);
  expect([...found.head, ...found.args]).toEqual(words(line));
});

test.each(['gunicorn app:app', 'python manage.py runserver', 'start-server app.wsgi', 'runmodwsgi'])('%s is not', (line) => {
  expect(recognise(words(line))).toMatch(/is not a command that wsgideck knows/);
});

test('what ends by itself is refused by name', () => {
  expect(recognise(words('mod_wsgi-express setup-server app.wsgi'))).toMatch(/setup-server leaves no server to supervise/);
});

test('the arguments of the original are read in all their forms, with its defaults', () => {
  const args = words('--port=8001 $APP --threa 7 --include-file a --include-file b --reload-on-changes --settings ${X}.settings --plain');
  const {values, given, positional} = readOriginalOptions({kind: 'start-server', args}, {APP: 'app.wsgi'});
  expect(values).toMatchObject({
    port: 8001,
    threads: 7,
    includeFiles: ['a', 'b'],
    reloadOnChanges: true,
    shutdownTimeout: 5,
    logLevel: 'warn',
  });
  expect(given).toContain('--threads');
  expect(positional).toEqual(['app.wsgi', '${X}.settings']);
  expect(readOriginalOptions({kind: 'runmodwsgi', args}, {APP: 'app.wsgi'}).positional[0]).toBe('$APP');
});

test('of the options in effect only those count as given that were, and ours, which the original does not have, are none', () => {
  const {values} = readOriginalOptions({kind: 'start-server', args: words('app.wsgi --threads 7 --debug-mode')}, {});
  const all = effectiveOptions(values as unknown as StartOptions);
  expect(all.filter((one) => one.given).map((one) => [one.name, one.value])).toEqual([
    ['--threads', '7'],
    ['--debug-mode', 'on'],
  ]);
  expect(all.map((one) => one.name)).toContain('--request-timeout');
  expect(all.map((one) => one.name)).not.toContain('--dont-write-bytecode');
});

const CONF = `
# a comment
PidFile '/r/httpd.pid'
<IfDefine !A>
Listen 1
</IfDefine>
<IfDefine A>
Listen 127.0.0.1:8000
<IfModule !x_module>
LoadModule wsgi_module '/s/mod wsgi.so'
</IfModule>
<IfDefine B>
ErrorLog "|rotate \\
   /r/error_log 5M"
</IfDefine>
<IfDefine !B>
ErrorLog "/r/error_log"
</IfDefine>
</IfDefine>
<VirtualHost *:8000>
ErrorLog "/r/service_log"
</VirtualHost>
WSGIDaemonProcess 'h:1' \\
   display-name='(wsgi:h:1:0)' \\
   home='/my app' threads=5
`;

test('of a generated configuration only what is in force counts', () => {
  const of = (...defines: string[]) => effectiveDirectives(CONF, new Set(defines)).map((one) => [one.name, ...one.words].join(' | '));
  expect(of('A')).toEqual([
    'pidfile | /r/httpd.pid',
    'listen | 127.0.0.1:8000',
    'loadmodule | wsgi_module | /s/mod wsgi.so',
    'errorlog | /r/error_log',
    'wsgidaemonprocess | h:1 | display-name=(wsgi:h:1:0) | home=/my app | threads=5',
  ]);
  expect(of()).toContain('listen | 1');
  expect(of('A', 'B').filter((one) => one.startsWith('errorlog'))).toEqual(['errorlog | |rotate     /r/error_log 5M']);
});

test('defines are found in both forms', () => {
  expect(definesOf(['httpd', '-DA', '-D', 'B', '-k', 'start'])).toEqual(new Set(['A', 'B']));
});

test('a log level that says more already is left alone', () => {
  const text = (logLevel: string) =>
    includeFile({agentScript: '/t/agent.py', accessLog: '/t/a', processGroup: "it's:1", applicationGroup: '%{GLOBAL}', logLevel});
  expect(text('warn')).toContain('LogLevel wsgi:info');
  expect(text('debug')).not.toContain('LogLevel');
  expect(text('warn wsgi:trace2')).not.toContain('LogLevel');
  expect(text('warn')).toContain('process-group="it\'s:1" application-group=%{GLOBAL}');
});
