import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import type {Column} from '../test/support/mod-wsgi.ts';
import {cpuSeconds} from './proc.ts';
import {firstAnswer, type Server, startExpress, startOurs} from './servers.ts';
import {median, spread} from './stats.ts';
import type {Line} from './table.ts';

const ROUNDS = 7;
const REQUESTS = 15_000;
const CLIENTS = 4;
const OPTIONS = ['--processes', '1', '--threads', '5'];

interface Sample {
  /** Microseconds of the daemon's CPU a request. */
  cpu: number;
  perSecond: number;
}

/**
 * What a hello-world request costs in the daemon process under the real mod_wsgi-express, which has no agent, and under wsgideck with its agent connected
 * and a dashboard open. Both servers stand all the while and get their load in turn, so that the machine's moods meet both.
 */
export async function requestCost(column: Column): Promise<Line[]> {
  // wsgideck follows an access log; the comparison is about the agent, so the other writes one as well.
  const express = await startExpress('hello.wsgi', column, [...OPTIONS, '--access-log']);
  const ours = await startOurs('hello.wsgi', column, OPTIONS, {cols: 120, rows: 34});
  const samples: {express: Sample; ours: Sample}[] = [];
  try {
    for (const server of [express, ours]) {
      await firstAnswer(server);
      await load(server, REQUESTS / 5);
    }
    for (let round = 0; round < ROUNDS; round++) samples.push({express: await sample(express), ours: await sample(ours)});
  } finally {
    await express.stop();
    await ours.stop();
  }
  const of = (pick: (pair: (typeof samples)[number]) => number) => samples.map(pick);
  const more = of((pair) => pair.ours.cpu - pair.express.cpu);
  return [
    {
      what: `CPU of the daemon a request, mod_wsgi-express ${column.version}`,
      value: `${spread(
        of((pair) => pair.express.cpu),
        1,
      )} us`,
    },
    {
      what: 'the same, wsgideck with agent and dashboard',
      value: `${spread(
        of((pair) => pair.ours.cpu),
        1,
      )} us`,
    },
    {what: 'difference, median of the pairs', value: `${median(more).toFixed(1)} us`, budget: '2 us'},
    {
      what: 'throughput ratio, median of the pairs',
      value: median(of((pair) => pair.ours.perSecond / pair.express.perSecond)).toFixed(2),
      budget: '0.98',
    },
  ];
}

async function sample(server: Server): Promise<Sample> {
  const pids = server.daemons().map(({pid}) => pid);
  if (pids.length !== 1) throw new Error(`expected one daemon process, found ${pids.length}`);
  const cpu = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const before = cpu();
  const perSecond = await load(server, REQUESTS);
  return {cpu: ((cpu() - before) / REQUESTS) * 1e6, perSecond};
}

/** ApacheBench on the loopback; returns requests a second. @throws Error when one failed. */
async function load({port}: Server, requests: number): Promise<number> {
  const {stdout} = await promisify(execFile)('ab', ['-q', '-n', String(requests), '-c', String(CLIENTS), `http://127.0.0.1:${port}/`]);
  const number = (name: string) => Number(new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(stdout)?.[1]);
  if (number('Failed requests') !== 0 || number('Complete requests') !== requests) throw new Error(`ab:\n${stdout}`);
  return number('Requests per second');
}
