import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect, test} from 'vitest';
import {debianVariables, type ApacheStart} from '../../src/instance/observed/apache-process.ts';
import {readConfigFiles, wordsOf} from '../../src/instance/observed/config-files.ts';
import {configView} from '../../src/instance/observed/config-view.ts';
import {gains} from '../../src/instance/observed/gains.ts';
import {originalNotes, shellWords} from '../../src/instance/observed/original-command.ts';
import {readServerConfig} from '../../src/instance/observed/server-config.ts';
import {tempDir} from '../support/temp.ts';

/** A configuration in files, the first one the main one; and an Apache 2.4.62 that was started with it. */
function start(files: Record<string, string[]>, given: Partial<ApacheStart> = {}): ApacheStart {
  const root = tempDir();
  for (const [name, lines] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), {recursive: true});
    writeFileSync(join(root, name), lines.join('\n'));
  }
  return {
    pid: 1,
    program: {version: '2.4.62', httpdRoot: '/', configFile: 'x', has: (source) => source === 'mod_unixd.c'},
    root,
    configFile: join(root, Object.keys(files)[0]!),
    defines: new Set(['GIVEN']),
    before: [],
    after: [],
    env: {PLACE: '/srv'},
    envKnown: true,
    ...given,
  };
}

const names = (found: ReturnType<typeof readConfigFiles>) => found.directives.map(({name, words}) => [name, ...words].join(' '));

test('included files, folders and patterns, in the order of their names; loops end; what is missing is told', () => {
  const asked = start({
    'main.conf': ['Include parts/*.conf', 'IncludeOptional nothing/*.conf', 'Include gone.conf', 'Include folder', 'Include main.conf'],
    'parts/2.conf': ['A 2'],
    'parts/1.conf': ['A 1'],
    'parts/.hidden.conf': ['A hidden'],
    'folder/x/deep': ['A deep'],
  });
  const found = readConfigFiles(asked);
  expect(names(found).slice(0, 3)).toEqual(['a 1', 'a 2', 'a deep']);
  expect(new Set(names(found))).toEqual(new Set(['a 1', 'a 2', 'a deep']));
  expect(found.unread.map(({reason}) => reason)).toEqual(expect.arrayContaining(['it is not there', 'too many files within files']));
});

test('questions about modules, definitions, versions and files; variables', () => {
  const asked = start({
    'main.conf': [
      'LoadModule wsgi_module /usr/lib/apache2/modules/mod_wsgi.so',
      '<IfModule wsgi_module>',
      '  In 1',
      '  <IfModule !mod_wsgi.c>',
      '    Out 1',
      '  </IfModule>',
      '</IfModule>',
      '<IfModule mod_unixd.c>',
      'In 2',
      '</IfModule>',
      '<IfModule ssl_module>',
      'Out 2',
      '<IfDefine GIVEN>',
      'Out 3',
      '</IfDefine>',
      '</IfModule>',
      '<IfDefine GIVEN>',
      'In 3',
      '</IfDefine>',
      '<IfDefine !GIVEN>',
      'Out 4',
      '</IfDefine>',
      '<IfVersion >= 2.4>',
      'In 4',
      '</IfVersion>',
      '<IfVersion < 2.4.50>',
      'Out 5',
      '</IfVersion>',
      '<IfFile main.conf>',
      'In 5',
      '</IfFile>',
      'Define HOME ${PLACE}/home',
      'In "${HOME}/x y" \\',
      '  ${UNKNOWN}',
    ],
  });
  expect(names(readConfigFiles(asked)).slice(1)).toEqual(['in 1', 'in 2', 'in 3', 'in 4', 'in 5', 'in /srv/home/x y ${UNKNOWN}']);
});

test('words with quotes of both kinds', () => {
  expect(wordsOf(String.raw`a "b c" 'd e' key='f g' "say \"x\"" "a\\b"`)).toEqual([
    'a',
    'b c',
    'd e',
    'key=f g',
    'say "x"',
    String.raw`a\b`,
  ]);
});

test('groups, applications and the group each runs in, logs by virtual host, the status page', () => {
  const asked = start({
    'main.conf': [
      'ServerRoot /etc/x',
      'ServerName main.test',
      'Listen 8080',
      'Listen [::1]:8443 https',
      'LogFormat "%h %>s \\"%r\\"" mine',
      'LogLevel error wsgi:info',
      'WSGIDaemonProcess one processes=2 threads=7 display-name=%{GROUP} python-path=/a:/b home=/srv/one user=app',
      'WSGIDaemonProcess two',
      'WSGIDaemonProcess service:queue threads=0',
      'WSGIScriptAlias / /srv/one/app.wsgi process-group=one application-group=%{GLOBAL}',
      'WSGIScriptAlias /two /srv/two/app.wsgi',
      '<Location /two>',
      'WSGIProcessGroup two',
      '</Location>',
      'WSGIScriptAlias /here /srv/here.wsgi',
      '<VirtualHost *:8080>',
      'ServerName https://other.test',
      'WSGIProcessGroup one',
      'WSGIScriptAlias / /srv/other.wsgi',
      'ErrorLog "|/usr/bin/logger -t x"',
      'CustomLog logs/other.log mine',
      'CustomLog logs/other.log mine',
      '</VirtualHost>',
      'CustomLog syslog:local1 common',
      '<Location "/status">',
      'SetHandler server-status',
      '</Location>',
    ],
  });
  const config = readServerConfig(readConfigFiles(asked));
  expect(config.groups.map(({name, id, displayName, processes, threads}) => [name, id, displayName, processes, threads])).toEqual([
    ['one', 1, '(wsgi:one)', 2, 7],
    ['two', 2, null, 1, 15],
    ['service:queue', 3, null, 1, 0],
  ]);
  expect(config.applications.map(({url, group, host}) => [url, group, host])).toEqual([
    ['/', 'one', null],
    ['/two', 'two', null],
    ['/here', null, null],
    ['/', 'one', 'other.test'],
  ]);
  expect(config.listens).toEqual([
    {host: null, port: 8080, https: false},
    {host: '::1', port: 8443, https: true},
  ]);
  expect(config.errorLogs).toEqual([
    {kind: 'file', target: '/etc/x/logs/error_log', host: null},
    {kind: 'pipe', target: '/usr/bin/logger -t x', host: 'other.test'},
  ]);
  expect(config.accessLogs).toEqual([
    {kind: 'file', target: '/etc/x/logs/other.log', host: 'other.test', format: '%h %>s "%r"'},
    {kind: 'other', target: 'syslog:local1', host: null, format: '%h %l %u %t "%r" %>s %b'},
  ]);
  expect(config).toMatchObject({tellsReasons: true, status: {path: '/status', host: null}, serverName: 'main.test'});
  const said = gains(config, null, false).filter((line) => line.includes('wsgideck start-server'));
  expect(said).toHaveLength(4);
  expect(said[0]).toContain(
    'main.test/ as: wsgideck start-server /srv/one/app.wsgi --processes 2 --threads 7 --working-directory /srv/one --python-path /a --python-path /b',
  );
  expect(said[1]).toContain('main.test/two as: wsgideck start-server /srv/two/app.wsgi --mount-point /two');
  expect(configView(readConfigFiles(asked)).options.map(({name}) => name)).toEqual(
    expect.arrayContaining(['WSGIDaemonProcess one', 'WSGIScriptAlias /two', 'LogLevel', 'mod_status']),
  );
});

test("Debian's envvars, without running it", () => {
  const root = tempDir();
  writeFileSync(
    join(root, 'envvars'),
    [
      'unset HOME',
      'SUFFIX=',
      "export APACHE_RUN_USER='www-data'",
      'export APACHE_RUN_DIR=/var/run/apache2$SUFFIX',
      'export X=${APACHE_RUN_DIR}/y',
      'echo no',
    ].join('\n'),
  );
  expect(debianVariables(join(root, 'envvars'))).toEqual({
    SUFFIX: '',
    APACHE_RUN_USER: 'www-data',
    APACHE_RUN_DIR: '/var/run/apache2',
    X: '/var/run/apache2/y',
  });
  expect(debianVariables(join(root, 'none'))).toEqual({});
});

test('what the original has written down about itself', () => {
  const root = tempDir();
  writeFileSync(
    join(root, 'apachectl'),
    ['#!/usr/bin/bash', '', `# ['/v/bin/mod_wsgi-express', 'start-server', "it's.wsgi", '--port', '8001']`].join('\n'),
  );
  writeFileSync(
    join(root, 'handler.wsgi'),
    ["entry_point = r'/srv/app.wsgi'", "application_type = 'script'", "mount_point = '/m'"].join('\n'),
  );
  const notes = originalNotes(root);
  expect(notes).toEqual({
    command: ['/v/bin/mod_wsgi-express', 'start-server', "it's.wsgi", '--port', '8001'],
    entryPoint: '/srv/app.wsgi',
    applicationType: 'script',
    mountPoint: '/m',
  });
  expect(shellWords(notes.command!)).toBe(String.raw`/v/bin/mod_wsgi-express start-server 'it'\''s.wsgi' --port 8001`);
  expect(originalNotes(tempDir())).toMatchObject({command: null, entryPoint: null});
});
