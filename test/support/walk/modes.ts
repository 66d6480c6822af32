import {existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'vitest';
import {descendants} from '../processes.ts';
import {until} from '../wait.ts';
import type {Scene, Walk} from './scene.ts';

const apachePid = ({plan}: Walk): number => Number(readFileSync(plan.paths.pidFile, 'utf8'));

/** The application in Apache's own processes. */
export const embeddedScene: Scene = {
  name: 'embedded mode',
  args(dir) {
    for (const folder of ['lib', 'work']) mkdirSync(join(dir, folder));
    return [
      '--embedded-mode',
      '--maximum-requests',
      '5000',
      '--python-path',
      join(dir, 'lib'),
      '--working-directory',
      join(dir, 'work'),
      '--threads',
      '7',
      '--request-timeout',
      '40',
    ];
  },
  checks: {
    embeddedMode: async (walk) => {
      const about = await walk.about();
      expect(about.environ['mod_wsgi.process_group']).toBe('');
      expect(about.os.cwd).toBe(join(walk.dir, 'work'));
      expect(about.python.path).toContain(join(walk.dir, 'lib'));
      expect(descendants(apachePid(walk)).map(({pid}) => pid)).toContain(about.os.pid);
      expect(walk.warnings).toEqual([
        expect.stringContaining('embedded mode: there are no daemon processes, so --request-timeout has no effect;'),
      ]);
      expect(walk.conf).toMatch(/^ServerLimit 1\nThreadLimit 7\nThreadsPerChild 7\nMaxRequestWorkers 7$/m);
    },
    maximumRequests: ({conf}) => expect(conf).toMatch(/^MaxConnectionsPerChild 5000$/m),
  },
};

/** The one process of debug mode, with the tools that need no package and no terminal. */
export const debugScene: Scene = {
  name: 'debug mode',
  args: (dir) => [
    ['--enable-profiler', '--profiler-directory', join(dir, 'figures'), '--enable-recorder', '--recorder-directory', join(dir, 'recorded')],
    '--debug-mode',
  ],
  checks: {
    debugMode: async (walk) => {
      expect((await walk.about()).os.pid).toBe(apachePid(walk));
      expect(descendants(apachePid(walk))).toEqual([]);
    },
    enableRecorder: async ({get, dir}) => {
      await get('/recorded?yes');
      await until('a record', () => readdirSync(join(dir, 'recorded')).length > 0);
    },
    recorderDirectory: ({dir, plan}) => expect(statSync(join(dir, 'recorded')).uid).toBe(plan.runUser.uid),
  },
  after: {
    enableProfiler: ({dir}) => expect(readdirSync(join(dir, 'figures')).length).toBeGreaterThan(0),
    profilerDirectory: ({dir, plan}) => expect(statSync(join(dir, 'figures')).uid).toBe(plan.runUser.uid),
  },
};

export const gdbScene: Scene = {
  name: 'gdb',
  args: () => ['--enable-gdb', '--gdb-executable', '/usr/bin/gdb'],
  checks: {
    enableGdb: (walk) => {
      const status = readFileSync(`/proc/${apachePid(walk)}/status`, 'utf8');
      const tracer = Number(/^TracerPid:\s+(\d+)/m.exec(status)?.[1]);
      expect(readFileSync(`/proc/${tracer}/comm`, 'utf8').trim()).toBe('gdb');
    },
    gdbExecutable: ({output}) => until('a word from gdb', () => /Reading symbols|Starting program/.test(output())),
  },
};

/** Files only. */
export const staticScene: Scene = {
  name: 'application type static',
  script: '',
  args(dir) {
    mkdirSync(join(dir, 'docs'));
    writeFileSync(join(dir, 'docs', 'a.txt'), 'a file');
    return ['--application-type', 'static', '--document-root', join(dir, 'docs')];
  },
  checks: {
    applicationType: async ({get}) => {
      expect((await get('/a.txt')).body).toBe('a file');
      expect((await get('/none')).status).toBe(404);
    },
  },
};

/** The entry point as an option, and as a module; a lock on nothing else. */
export const moduleScene: Scene = {
  name: 'entry point as a module',
  script: '',
  args(dir) {
    mkdirSync(join(dir, 'shop'));
    writeFileSync(join(dir, 'shop', '__init__.py'), '');
    writeFileSync(join(dir, 'shop', 'web.py'), readFileSync(join(dir, 'app.wsgi')));
    return [
      '--application-type',
      'module',
      '--entry-point',
      'shop.web',
      '--mount-point',
      '/app',
      '--lang',
      'C.utf8',
      '--document-root',
      dir,
    ];
  },
  checks: {
    entryPoint: async ({about}) => expect((await about('/app/about')).environ['PATH_INFO']).toBe('/about'),
    mountPoint: async ({about, get}) => {
      expect((await about('/app/about')).environ['SCRIPT_NAME']).toBe('/app');
      expect((await get('/apple')).status).toBe(404);
    },
    lang: async ({about}) => expect((await about('/app/about')).python.locale).toBe('C.utf8'),
    envvarsScript: ({plan}) => expect(existsSync(plan.paths.envvars)).toBe(true),
  },
};
