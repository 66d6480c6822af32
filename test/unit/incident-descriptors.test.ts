import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {expect, test} from 'vitest';
import {Bus} from '../../src/instance/bus.ts';
import {DescriptorWatch} from '../../src/instance/incidents/descriptors.ts';
import type {EventOf, ProcessRow} from '../../src/model/events.ts';
import {until} from '../support/wait.ts';

test('a process near its limit of file descriptors is told of, one far from it is not', async () => {
  const opening = 'for n in $(seq 3 18); do eval "exec $n</dev/null"; done';
  const script = (open: string) => `ulimit -n 20; ${open}; echo ready; read line`;
  const children = [opening, ':'].map((open) => spawn('bash', ['-c', script(open)], {stdio: ['pipe', 'pipe', 'inherit']}));
  try {
    await Promise.all(children.map((one) => once(one.stdout, 'data')));
    const rows = children.map(({pid}): ProcessRow => {
      return {pid: pid!, ppid: 1, role: 'daemon', label: 'g', state: 'S', cpu: 0, rss: 0, threads: 1, startedAt: 0, agent: 'connected'};
    });
    const watch = new DescriptorWatch();
    const state = new Bus('test').state();
    const event = (at: number): EventOf<'processes'> => ({type: 'processes', at, instance: 'test', rows});
    let at = 10_000;
    const [found, ...more] = await until('a sign of the full process', () => {
      const signs = watch.see(event(at), state);
      at += 1000;
      return signs.length > 0 ? signs : null;
    });
    expect(found).toMatchObject({
      kind: 'descriptors',
      pid: children[0]!.pid,
      title: expect.stringMatching(/has (19|20) of 20 file descriptors open/),
    });
    expect(more).toEqual([]);
  } finally {
    for (const one of children) one.kill('SIGKILL');
  }
});
