import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'vitest';
import {descendants} from '../processes.ts';
import {until} from '../wait.ts';
import type {Scene, Walk} from './scene.ts';

const GIB = 1024 ** 3;

/** A setting of WSGIDaemonProcess, as Apache has taken it. */
export const daemon =
  (text: string) =>
  ({conf}: Walk): void =>
    expect(conf).toMatch(new RegExp(`\\s${text}(?:\\s|$)`));

const apachePid = ({plan}: Walk): number => Number(readFileSync(plan.paths.pidFile, 'utf8'));
const root = process.getuid?.() === 0;
const adm = () => Number(/^adm:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'))?.[1]);

/** Others are refused (refusals.ts). */
const rootOnly: Scene['checks'] = {
  supplementaryGroups: async ({about}) => expect((await about()).os.groups).toContain(adm()),
};

/** The application, its Python, its processes, the users and the places. */
export const pythonScene: Scene = {
  name: 'Python, processes and places',
  args(dir) {
    for (const folder of ['lib', 'eggs', 'work', 'logs', 'sock']) mkdirSync(join(dir, folder), {mode: 0o777});
    writeFileSync(join(dir, 'vars'), 'export WALK_FROM_SCRIPT=yes\n');
    return [
      ['--callable-object', 'another', '--working-directory', join(dir, 'work'), '--python-path', join(dir, 'lib')],
      ['--python-eggs', join(dir, 'eggs'), '--setenv', 'WALK_SET', 'a "b"', '--passenv', 'WALK_PASSED', '--locale', 'C.UTF-8'],
      ['--python-warnings', 'error', '--python-hash-seed', '7', '--dont-write-bytecode', '--orphan-interpreter'],
      [
        '--application-group',
        'sub',
        '--process-group',
        'walkers',
        '--process-name',
        'walking web server',
        '--processes',
        '2',
        '--threads',
        '3',
      ],
      ['--memory-limit', String(4 * GIB), '--virtual-memory-limit', String(16 * GIB), '--pid-file', join(dir, 'pid')],
      ['--envvars-script', join(dir, 'vars'), '--socket-prefix', join(dir, 'sock'), '--shell-executable', '/bin/bash'],
      ['--httpd-executable', '/usr/sbin/apache2', '--modules-directory', '/usr/lib/apache2/modules', '--server-mpm', 'worker'],
      ['--max-clients', '40', '--initial-workers', '0.5', '--minimum-spare-workers', '0.5', '--maximum-spare-workers', '1'],
      ['--server-metrics', '--verbose-debugging', '--host', '127.0.0.1', '--disable-reloading', '--server-backlog', '77'],
      ['--daemon-backlog', '33', '--maximum-requests', '100000', '--ignore-activity', '/ping'],
      ['--send-buffer-size', '70000', '--receive-buffer-size', '71000', '--header-buffer-size', '9000', '--response-buffer-size', '72000'],
      ...(root ? ['--supplementary-groups', 'adm'] : []),
    ];
  },
  checks: {
    entryPoint: async ({about, dir}) => expect((await about()).environ['SCRIPT_FILENAME'], dir).toBeTypeOf('string'),
    callableObject: async ({about}) => expect(await about()).toBeTypeOf('object'),
    workingDirectory: async ({about, dir}) => expect((await about()).os.cwd).toBe(join(dir, 'work')),
    pythonPaths: async ({about, dir}) => expect((await about()).python.path).toContain(join(dir, 'lib')),
    pythonEggs: async ({about, dir}) => expect((await about()).os.env['PYTHON_EGG_CACHE']).toBe(join(dir, 'eggs')),
    setenv: async ({about}) => expect((await about()).environ['WALK_SET']).toBe('a "b"'),
    passenv: async ({about}) => expect((await about()).environ['WALK_PASSED']).toBe('from the environment'),
    locale: async ({about}) => expect((await about()).python.locale).toBe('C.UTF-8'),
    pythonWarnings: async ({about}) => expect((await about()).python.warnings[0]).toBe('error'),
    pythonHashSeed: async ({about, column}) => {
      const env = {...process.env, PYTHONHASHSEED: '7'};
      expect((await about()).python.hash).toBe(execFileSync(column.python, ['-c', 'print(hash("walk"))'], {env, encoding: 'utf8'}).trim());
    },
    dontWriteBytecode: async ({about}) => expect((await about()).python.bytecode).toBe(false),
    orphanInterpreter: ({conf}) => expect(conf).toContain('\nWSGIDestroyInterpreter Off\n'),
    applicationGroup: async ({about}) => expect((await about()).environ['mod_wsgi.application_group']).toBe('sub'),
    processGroup: async ({about}) => expect((await about()).environ['mod_wsgi.process_group']).toBe('walkers'),
    processName: (walk) => expect(readFileSync(`/proc/${apachePid(walk)}/cmdline`, 'utf8')).toMatch(/^walking web server/),
    processes: (walk) =>
      until(
        'two daemon processes',
        () => descendants(apachePid(walk)).filter((one) => one.command.startsWith('(wsgi:walkers')).length === 2,
      ),
    threads: async ({about}) => expect((await about()).mod_wsgi).toMatchObject({threads: 3, processes: 2}),
    memoryLimit: async ({about}) => expect((await about()).limits.data).toBe(4 * GIB),
    virtualMemoryLimit: async ({about}) => expect((await about()).limits.space).toBe(16 * GIB),
    ...(root ? rootOnly : {}),
    pidFile: (walk) => expect(apachePid(walk)).toBeGreaterThan(1),
    envvarsScript: async ({about}) => expect((await about()).os.env['WALK_FROM_SCRIPT']).toBe('yes'),
    socketPrefix: ({dir}) =>
      expect(existsSync(join(dir, 'sock')) && execFileSync('ls', [join(dir, 'sock')], {encoding: 'utf8'})).toMatch(/wsgi\.\d+/),
    shellExecutable: ({plan}) => expect(readFileSync(plan.paths.apachectl, 'utf8')).toMatch(/^#!\/bin\/bash\n/),
    httpdExecutable: (walk) =>
      expect(execFileSync('readlink', [`/proc/${apachePid(walk)}/exe`], {encoding: 'utf8'}).trim()).toBe('/usr/sbin/apache2'),
    modulesDirectory: ({conf}) => expect(conf).toMatch(/^LoadModule \w+ "\/usr\/lib\/apache2\/modules\//m),
    serverMpm: (walk) => expect(readFileSync(`/proc/${apachePid(walk)}/maps`, 'utf8')).toContain('mod_mpm_worker.so'),
    maxClients: ({conf}) => expect(conf).toMatch(/^MaxRequestWorkers 52$/m),
    initialWorkers: (walk) =>
      until('two children at once', () => descendants(apachePid(walk)).filter((one) => one.command.startsWith('walking')).length >= 2),
    minimumSpareWorkers: ({conf}) => expect(conf).toMatch(/^MinSpareThreads 26$/m),
    maximumSpareWorkers: ({conf}) => expect(conf).toMatch(/^MaxSpareThreads 52$/m),
    serverMetrics: async ({about}) => expect((await about()).mod_wsgi.metrics).toBe(true),
    verboseDebugging: ({conf, column}) => expect(conf.includes('\nWSGIVerboseDebugging On\n')).toBe(column.major < 6),
    host: ({url}) => expect(url).toContain('127.0.0.1'),
    port: async ({get}) => expect((await get('/')).status).toBe(200),
    serverRoot: ({plan}) => expect(existsSync(plan.paths.conf)).toBe(true),
    user: async ({about, plan}) => expect((await about()).os.uid).toBe(plan.runUser.uid),
    group: async ({about, plan}) => expect((await about()).os.gid).toBe(plan.runUser.gid),
    disableReloading: ({conf}) => expect(conf).toMatch(/^WSGIScriptReloading Off$/m),
    serverBacklog: ({conf}) => expect(conf).toMatch(/^ListenBacklog 77$/m),
    daemonBacklog: daemon('listen-backlog=33'),
    maximumRequests: daemon('maximum-requests=100000'),
    sendBufferSize: daemon('send-buffer-size=70000'),
    receiveBufferSize: daemon('receive-buffer-size=71000'),
    responseBufferSize: daemon('response-buffer-size=72000'),
    headerBufferSize: async ({get}) => {
      expect((await get('/header/8000')).status).toBe(200);
      expect((await get('/header/10000')).status).toBeGreaterThanOrEqual(500);
    },
    ignoreActivity: ({conf}) => expect(conf).toMatch(/<Location "\/ping">\n\s+WSGIIgnoreActivity On/),
  },
};

/** What mod_wsgi 6 has added. */
export const sixScene: Scene = {
  name: 'what mod_wsgi 6 has added',
  needs: '6.0.2',
  args: () => [
    [
      '--switch-interval',
      '0.25',
      '--response-flush-delay',
      '7',
      '--telemetry-service',
      'unix:/tmp/wd-nobody-listens',
      '--telemetry-interval',
      '2.5',
    ],
    ['--slow-requests', '0.5', '--telemetry-options', '+CaptureUserAgent'],
  ],
  checks: {
    switchInterval: async ({about}) => expect((await about()).python.switch).toBe(0.25),
    responseFlushDelay: daemon('response-flush-delay=7'),
    telemetryService: ({conf}) => expect(conf).toMatch(/^WSGITelemetryService "unix:\/tmp\/wd-nobody-listens" interval=2.5$/m),
    telemetryInterval: ({conf}) => expect(conf).toContain('interval=2.5'),
    slowRequests: ({conf}) => expect(conf).toMatch(/^WSGISlowRequests 0.5$/m),
    telemetryOptions: ({conf}) => expect(conf).toMatch(/^WSGITelemetryOptions "\+CaptureUserAgent"$/m),
  },
};
