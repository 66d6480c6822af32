import {expect} from 'vitest';
import {until} from '../wait.ts';
import type {Scene, Walk} from './scene.ts';

const ended = (walk: Walk, words: RegExp) => until(`${words} in the log`, () => words.test(walk.errorLog()), 40_000);
/** A request that is expected to be given up. */
const doomed = ({get}: Walk, path: string) => get(path, {timeout: 20_000}).catch(() => ({status: 0}));
const newProcess = async (walk: Walk, pid: number) => until('another process', async () => (await walk.about()).os.pid !== pid, 40_000);

/** One limit after another, each reached on a server of its own so that none hides another; they run side by side. */
export const timeScenes: Scene[] = [
  {
    name: 'a request that takes too long',
    args: () => ['--request-timeout', '1', '--threads', '1', '--shutdown-timeout', '1', '--graceful-timeout', '0'],
    checks: {
      requestTimeout: async (walk) => {
        expect((await doomed(walk, '/sleep/30')).status).toBeGreaterThanOrEqual(500);
        await ended(walk, /request time limit exceeded|request-timeout/);
      },
      shutdownTimeout: (walk) => ended(walk, /Aborting process|aborting daemon process/),
    },
  },
  {
    name: 'a process with much behind it',
    args: () => ['--cpu-time-limit', '1', '--graceful-timeout', '1', '--shutdown-timeout', '1', '--processes', '1'],
    checks: {
      cpuTimeLimit: async (walk) => {
        const {pid} = (await walk.about()).os;
        await walk.get('/burn/1.5');
        await ended(walk, /Exceeded CPU time limit/);
        await newProcess(walk, pid);
      },
      gracefulTimeout: ({conf}) => expect(conf).toMatch(/\sgraceful-timeout=1\s/),
    },
  },
  {
    name: 'a process that has been idle',
    args: () => ['--inactivity-timeout', '1', '--shutdown-timeout', '1'],
    checks: {
      inactivityTimeout: async (walk) => {
        await walk.about();
        await ended(walk, /idle inactivity timer expired/);
      },
    },
  },
  {
    name: 'a process that is replaced every second',
    args: () => ['--restart-interval', '1', '--shutdown-timeout', '1', '--graceful-timeout', '1'],
    checks: {
      restartInterval: async (walk) => {
        await walk.about();
        await ended(walk, /restart timer expired/);
      },
    },
  },
  {
    name: 'a process that is replaced after some requests',
    args: () => ['--maximum-requests', '3', '--shutdown-timeout', '1'],
    checks: {
      maximumRequests: async (walk) => {
        const {pid} = (await walk.about()).os;
        for (let i = 0; i < 3; i++) await walk.get('/about');
        await newProcess(walk, pid);
        await ended(walk, /Maximum requests reached/);
      },
    },
  },
  {
    name: 'an interpreter that is held',
    args: () => ['--deadlock-timeout', '1', '--shutdown-timeout', '1'],
    checks: {
      deadlockTimeout: async (walk) => {
        expect((await doomed(walk, '/hold/8')).status).not.toBe(200);
        await ended(walk, /deadlock timer expired/);
      },
    },
  },
  {
    name: 'requests that wait for a thread, and a process that is sent away',
    args: () => ['--queue-timeout', '1', '--threads', '1', '--eviction-timeout', '2', '--shutdown-timeout', '1'],
    checks: {
      queueTimeout: async (walk) => {
        const busy = walk.get('/sleep/3');
        await until('the thread to be busy', async () => {
          const waiting = await doomed(walk, '/about');
          return waiting.status === 504;
        });
        await busy;
      },
      evictionTimeout: async (walk) => {
        const {pid} = (await walk.about()).os;
        process.kill(pid, 'SIGUSR1');
        await newProcess(walk, pid);
        expect(walk.errorLog()).toMatch(/eviction requested/i);
      },
    },
  },
  {
    name: 'an application that does not load',
    script: 'broken.py',
    args: () => ['--startup-timeout', '1', '--shutdown-timeout', '1'],
    checks: {
      startupTimeout: async (walk) => {
        expect((await walk.get('/')).status).toBe(500);
        await ended(walk, /startup timer expired/);
      },
    },
  },
  {
    name: 'a request that is interrupted',
    needs: '6.0.0',
    args: () => ['--request-timeout', '1', '--interrupt-timeout', '1', '--threads', '1'],
    checks: {
      interruptTimeout: async (walk) => {
        const {pid} = (await walk.about()).os;
        expect((await doomed(walk, '/burn/20')).status).toBe(504);
        expect((await walk.about()).os.pid).toBe(pid);
      },
    },
  },
];
