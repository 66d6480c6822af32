import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {Bus} from '../../src/instance/bus.ts';
import {findIncidents} from '../../src/instance/incidents/find-incidents.ts';
import {IncidentStore, incidentFolder} from '../../src/instance/incidents/store.ts';
import {watchIncidents} from '../../src/instance/incidents/watch-incidents.ts';
import type {Incident} from '../../src/model/incidents.ts';
import {tempDir} from '../support/temp.ts';

function serverRoot(): string {
  const root = tempDir();
  mkdirSync(join(root, 'wsgideck'));
  return root;
}

/** A real one, made by a desk of its own. */
function incident(root: string): Incident {
  const bus = new Bus('shop');
  const desk = watchIncidents(bus, {serverRoot: root, takeStacks: async () => []});
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  bus.put({type: 'restart', pid: 50, cause: 'crash', text: 'terminated by signal 11', processGroup: 'shop', source: 'log'});
  desk.close();
  const name = readdirSync(incidentFolder(root)).find((one) => one.endsWith('.json'));
  return JSON.parse(readFileSync(join(incidentFolder(root), name!), 'utf8')) as Incident;
}

const renamed = (one: Incident, id: string): Incident => ({...one, summary: {...one.summary, id}});
const numbered = (n: number) => `20261120-1200${String(n % 60).padStart(2, '0')}-${(n + 16).toString(16).padStart(4, '0')}`;
const none = {takeStacks: async () => []};

test('an incident is on disk the moment it opens, for its owner only', () => {
  const root = serverRoot();
  const bus = new Bus('shop');
  const desk = watchIncidents(bus, {serverRoot: root, ...none});
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  bus.put({type: 'restart', pid: 50, cause: 'crash', text: 'terminated by signal 11', processGroup: 'shop', source: 'log'});
  // Nothing has been awaited: a supervisor killed now would leave this.
  const [name] = readdirSync(incidentFolder(root));
  expect(name).toMatch(/^\d{8}-\d{6}-[\da-f]{4}\.json$/);
  expect(statSync(incidentFolder(root)).mode & 0o777).toBe(0o700);
  expect(statSync(join(incidentFolder(root), name!)).mode & 0o777).toBe(0o600);
  desk.close();
});

test('what an earlier supervisor has left open is told of as closed; damaged files are skipped with one notice', async () => {
  const root = serverRoot();
  const one = incident(root);
  const folder = incidentFolder(root);
  const left = renamed({...one, summary: {...one.summary, closedAt: null}}, '20261120-110000-aaaa');
  writeFileSync(join(folder, '20261120-110000-aaaa.json'), JSON.stringify(left));
  writeFileSync(join(folder, '20261120-110001-bbbb.json'), JSON.stringify(one).slice(0, 300));
  writeFileSync(join(folder, '20261120-110002-cccc.json'), JSON.stringify({...renamed(one, '20261120-110002-cccc'), log: 'none'}));
  writeFileSync(join(folder, '20261120-110003-dddd.json'), JSON.stringify(one));
  writeFileSync(join(folder, 'notes.json'), 'mine');

  const bus = new Bus('shop');
  const desk = watchIncidents(bus, {serverRoot: root, ...none});
  await desk.opened;
  const {incidents, notices} = bus.state();
  expect(incidents.map(({id, earlier}) => [id, earlier])).toEqual(
    ['20261120-110000-aaaa', one.summary.id].toSorted().map((id) => [id, true]),
  );
  expect(incidents.every((each) => each.closedAt !== null)).toBe(true);
  expect(notices.map(({key, text}) => [key, text.startsWith('3 damaged files')])).toEqual([['incidents-damaged', true]]);
  expect(desk.get('20261120-110000-aaaa')!.summary.closedAt).not.toBeNull();
  expect(desk.get('20261120-110001-bbbb')).toBeNull();
  expect(desk.get('../../../etc/passwd')).toBeNull();
  expect(readFileSync(join(folder, 'notes.json'), 'utf8')).toBe('mine');
  desk.close();
});

test('the folder is bounded by files and by bytes: the oldest go, exports with them', () => {
  const root = serverRoot();
  const one = incident(root);
  const folder = join(root, 'wsgideck', 'bounded');
  const store = new IncidentStore(folder, {files: 5, bytes: 1e9});
  store.open();
  for (let n = 0; n < 9; n++) store.write(renamed(one, numbered(n)));
  expect(readdirSync(folder).toSorted()).toEqual([4, 5, 6, 7, 8].map((n) => `${numbered(n)}.json`));

  const small = new IncidentStore(folder, {files: 100, bytes: 3.5 * JSON.stringify(one).length});
  small.open();
  small.put(`${numbered(4)}.html`, 'x');
  small.write(renamed(one, numbered(20)));
  expect(readdirSync(folder).toSorted()).toEqual([7, 8, 20].map((n) => `${numbered(n)}.json`));
  // Whatever its size, the one being written stays.
  const none = new IncidentStore(folder, {files: 100, bytes: 10});
  none.write(renamed(one, numbered(21)));
  expect(readdirSync(folder)).toEqual([`${numbered(21)}.json`]);
});

test('no link is followed, neither in the place of a file nor of the folder', () => {
  const root = serverRoot();
  const one = incident(root);
  const folder = incidentFolder(root);
  const victim = join(root, 'victim');
  writeFileSync(victim, 'precious');
  symlinkSync(victim, join(folder, `${numbered(1)}.json`));
  symlinkSync(victim, join(folder, `.${numbered(1)}-json.tmp`));
  const store = new IncidentStore(folder);
  expect(store.get(numbered(1))).toBeNull();
  store.write(renamed(one, numbered(1)));
  expect(readFileSync(victim, 'utf8')).toBe('precious');
  expect(lstatSync(join(folder, `${numbered(1)}.json`)).isFile()).toBe(true);

  const linked = join(root, 'linked');
  symlinkSync(folder, linked);
  const before = readdirSync(folder).length;
  expect(() => new IncidentStore(linked).open()).toThrow(/not a folder/);
  expect(() => new IncidentStore(linked).write(one)).toThrow(/not a folder/);
  expect(readdirSync(folder).length).toBe(before);
});

test('where the disk does not take it, the incident stays in memory and one notice says so', async () => {
  // There is no folder for it, as below a server root that was deleted.
  const root = join(tempDir(), 'gone');
  const bus = new Bus('shop');
  const desk = watchIncidents(bus, {serverRoot: root, ...none});
  bus.put({type: 'phase', phase: 'ready', detail: ''});
  bus.put({type: 'restart', pid: 50, cause: 'crash', text: 'terminated by signal 11', processGroup: 'shop', source: 'log'});
  await desk.opened;
  await new Promise((resolve) => setImmediate(resolve));
  const {incidents, notices} = bus.state();
  expect(incidents.length).toBe(1);
  expect(desk.get(incidents[0]!.id)?.summary.kind).toBe('crash');
  expect(notices.map((one) => one.key)).toEqual(['incidents']);
  expect(desk.export(incidents[0]!.id, 'html')).toMatchObject({ok: false});

  mkdirSync(join(root, 'wsgideck'), {recursive: true});
  bus.put({type: 'restart', pid: 51, cause: 'crash', text: 'terminated by signal 11', processGroup: 'shop', source: 'log'});
  desk.close();
  expect(readdirSync(incidentFolder(root)).length).toBe(1);
});

test('exported beside the incidents, for the owner only', () => {
  const root = serverRoot();
  const {id} = incident(root).summary;
  const bus = new Bus('shop');
  const desk = watchIncidents(bus, {serverRoot: root, ...none});
  for (const [format, suffix] of [
    ['json', 'json'],
    ['markdown', 'md'],
    ['html', 'html'],
  ] as const) {
    const path = join(incidentFolder(root), `${id}.${suffix}`);
    expect(desk.export(id, format)).toEqual({ok: true, text: path});
    expect(statSync(path).mode & 0o777).toBe(0o600);
  }
  expect(desk.get(id)?.summary.id).toBe(id);
  expect(desk.export('20261120-110000-ffff', 'html')).toMatchObject({ok: false});
  desk.close();
});

test('of a server that is gone they are read from its disk, closed', async () => {
  const root = serverRoot();
  const one = incident(root);
  const id = '20261120-110000-aaaa';
  writeFileSync(join(incidentFolder(root), `${id}.json`), JSON.stringify(renamed({...one, summary: {...one.summary, closedAt: null}}, id)));
  const found = await findIncidents(root);
  expect(found.list.find((each) => each.id === id)).toMatchObject({earlier: true, closedAt: expect.any(Number)});
  expect((await found.get(id))?.summary.id).toBe(id);
  await expect(findIncidents(tempDir())).rejects.toThrow(/no server root of wsgideck/);
});

test('a damaged one is known by its id, with its file and the reason', async () => {
  const root = serverRoot();
  const one = incident(root);
  const path = join(incidentFolder(root), '20261120-110001-bbbb.json');
  writeFileSync(path, JSON.stringify(one).slice(0, 300));
  const found = await findIncidents(root);
  expect(found.list.map(({id}) => id)).toEqual([one.summary.id]);
  expect(found.damaged).toEqual([{id: '20261120-110001-bbbb', path, reason: expect.stringMatching(/^[^\n]*JSON[^\n]*$/)}]);
});

// Giving a folder away takes root; CI has it.
test('nothing is written into a folder that belongs to another user', {tags: ['root']}, () => {
  const root = serverRoot();
  const folder = incidentFolder(root);
  mkdirSync(folder, {mode: 0o777});
  chmodSync(folder, 0o777);
  chownSync(folder, 33, 33);
  expect(() => new IncidentStore(folder).open()).toThrow(/another user/);
  expect(existsSync(folder) && readdirSync(folder)).toEqual([]);
});
