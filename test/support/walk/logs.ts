import {mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'vitest';
import {descendants} from '../processes.ts';
import {until} from '../wait.ts';
import type {Scene, Walk} from './scene.ts';

const root = process.getuid?.() === 0;
const apachePid = ({plan}: Walk): number => Number(readFileSync(plan.paths.pidFile, 'utf8'));
const line = (path: string, pattern: RegExp) => until(`${pattern} in ${path}`, () => pattern.exec(readFileSync(path, 'utf8')));

/** Only root can run a service as somebody else. */
const someoneElses: Scene['checks'] = {
  serviceUsers: ({dir}) => line(join(dir, 'logs/loud.log'), /service says 65534 /),
  serviceGroups: ({dir}) => line(join(dir, 'logs/loud.log'), /service says \d+ 65534\b/),
};

/** Named log files in a folder of their own, and services beside the application. */
export const logScene: Scene = {
  name: 'log files and services',
  args(dir) {
    mkdirSync(join(dir, 'logs'));
    writeFileSync(join(dir, 'quiet.py'), 'import time\ntime.sleep(600)\n');
    const someoneElse = root ? ['--service-user', 'loud', 'nobody', '--service-group', 'loud', 'nogroup'] : [];
    return [
      ['--log-directory', join(dir, 'logs'), '--error-log-name', 'errors', '--access-log', '--access-log-name', 'requests'],
      ['--startup-log', '--startup-log-name', 'beginning', '--log-level', 'debug', '--access-log-format', '%U "%{X-Walk}i" <%>s>'],
      [
        '--error-log-format',
        '[%t] [%l] <%M>',
        '--service-script',
        'loud',
        join(dir, 'service.py'),
        '--service-log-file',
        'loud',
        'loud.log',
      ],
      ['--service-script', 'quiet', join(dir, 'quiet.py'), ...someoneElse],
    ];
  },
  checks: {
    logDirectory: ({dir}) =>
      expect(readdirSync(join(dir, 'logs'))).toEqual(expect.arrayContaining(['errors', 'requests', 'beginning', 'loud.log'])),
    errorLogName: ({dir}) => line(join(dir, 'logs/errors'), /Starting/),
    logLevel: ({dir}) => line(join(dir, 'logs/errors'), /\[debug\]/),
    errorLogFormat: ({dir}) => line(join(dir, 'logs/errors'), /^\[[^\]]+\] \[notice\] <AH\d+: .*>$/m),
    accessLog: async ({get, dir}) => {
      await get('/logged', {headers: {'X-Walk': 'tab\there'}});
      await line(join(dir, 'logs/requests'), /^\/logged /m);
    },
    accessLogName: ({dir}) => expect(statSync(join(dir, 'logs/requests')).size).toBeGreaterThan(0),
    accessLogFormat: ({dir}) => line(join(dir, 'logs/requests'), /^\/logged "tab\\there" <200>$/m),
    startupLog: ({plan}) => expect(statSync(plan.paths.startupLog ?? '').isFile()).toBe(true),
    startupLogName: ({dir}) => expect(statSync(join(dir, 'logs/beginning')).isFile()).toBe(true),
    serviceScripts: (walk) =>
      until(
        'both services',
        () => descendants(apachePid(walk)).filter((one) => /^\(wsgi:service:(?:loud|quiet)\)/.test(one.command)).length === 2,
      ),
    serviceLogFiles: ({dir}) => line(join(dir, 'logs/loud.log'), /service says \d+ \d+/),
    ...(root ? someoneElses : {}),
  },
};

/** Names in the log's folder that rotatelogs has made. */
const turns = ({plan}: Walk, name: string) => readdirSync(plan.paths.root).filter((one) => one.startsWith(`${name}.`));

export const rotationScene: Scene = {
  name: 'rotating logs',
  args: () => ['--rotate-logs', '--max-log-size', '1', '--rotatelogs-executable', '/usr/bin/rotatelogs', '--access-log'],
  checks: {
    rotateLogs: async (walk) => {
      await line(walk.plan.paths.errorLog, /Starting/);
      expect(turns(walk, 'error_log')).toHaveLength(1);
      expect(turns(walk, 'error_log')[0]).toMatch(/^error_log\.\d{4}-\d\d-\d\d-\d\d_\d\d_\d\d$/);
    },
    rotatelogsExecutable: (walk) =>
      expect(descendants(apachePid(walk)).filter((one) => one.command.startsWith('/usr/bin/rotatelogs -L'))).toHaveLength(2),
    maxLogSize: async (walk) => {
      const link = walk.plan.paths.accessLog ?? '';
      const first = await until('the first access log', () => statSync(link, {throwIfNoEntry: false})?.ino);
      const path = `/${'x'.repeat(7000)}`;
      // A new file's name has its second in it: within the same second rotatelogs writes on to the old one.
      await until('a second access log', async () => {
        await Promise.all(Array.from({length: 25}, () => walk.get(path)));
        return turns(walk, 'access_log').length > 1;
      });
      await until('the link to the new one', () => ![undefined, first].includes(statSync(link, {throwIfNoEntry: false})?.ino));
    },
  },
};
