import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {ThreadStack} from '../../src/model/stacks.ts';
import {CaptureMaker} from '../../src/sources/agent/capture-maker.ts';
import {ProcessFiles} from '../../src/sources/agent/process-files.ts';
import {tempDir} from '../support/temp.ts';

const maker = () => new CaptureMaker({files: new ProcessFiles(join(tempDir(), 'run')), now: () => 1});
const request = {id: 'r1', method: 'GET', url: '/slow', startedAt: 1};

function thread(ident: string, files: string[], more: Partial<ThreadStack> = {}): ThreadStack {
  return {ident, frames: files.map((file) => ({file, line: 1, func: 'run'})), ...more};
}

test.each(['/venv/gevent/hub.py', '/venv/eventlet/hubs/hub.py'])(
  'stacks taken by signal say of which requests they show nothing: their threads run %s',
  (loop) => {
    const threads = [
      thread('1', ['/venv/x/poll.py', loop], {request}),
      thread('2', [loop], {request}),
      // Runs at this moment, and a loop that serves no request.
      thread('3', ['/venv/gevent/hub.py', '/srv/app.py'], {request}),
      thread('4', [loop]),
    ];
    const capture = maker().make(9, null, {method: 'faulthandler', cause: 'wedged', title: '', threads});
    expect(capture.uncovered).toBe(
      "2 requests that wait in greenlets: their threads show the event loop of gevent or eventlet; interpreters other than the application's, where there are any",
    );
    const one = maker().make(9, null, {method: 'faulthandler', cause: 'wedged', title: '', threads: threads.slice(1)});
    expect(one.uncovered).toMatch(/^1 request that waits in a greenlet: its thread shows the event loop/);
  },
);
