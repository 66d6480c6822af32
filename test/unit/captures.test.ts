import {expect, test} from 'vitest';
import {Bus} from '../../src/instance/bus.ts';
import {Captures} from '../../src/instance/captures.ts';
import type {IncidentSummary} from '../../src/model/incidents.ts';

const INCIDENT: IncidentSummary = {
  id: '20261120-131502-3f9a',
  kind: 'descriptors',
  severity: 'error',
  openedAt: 1,
  closedAt: null,
  title: "out of file descriptors: OSError: [Errno 24] Too many open files: '/dev/null'",
  pid: 50,
  processGroup: 'g',
  where: {file: '/srv/shop/session.py', line: 31, func: 'open_receipt'},
  count: 1,
  cause: '',
  remedy: '',
  earlier: false,
};

test('the source may be read of what a stack, an exception, a failed reload or an incident names, and of nothing else', () => {
  const bus = new Bus('test');
  const captures = new Captures(bus);
  const frames = [{file: '/srv/shop/a.py', line: 1, func: 'f'}];
  const threads = [{ident: '1', frames}];
  bus.put({type: 'stacks', capture: {id: 1, at: 1, pid: 50, method: 'agent', cause: 'asked', title: '', threads}});
  bus.put({type: 'exception', pid: 50, title: 'ValueError', traceback: [], file: '/srv/shop/b.py', line: 1});
  // Of a process that has no descriptor left the agent tells nothing: only the log has had the traceback.
  bus.put({type: 'incident', incident: INCIDENT});
  expect(['a', 'b', 'session', 'c'].filter((name) => captures.named(`/srv/shop/${name}.py`))).toEqual(['a', 'b', 'session']);
});
