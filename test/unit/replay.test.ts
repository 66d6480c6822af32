import {spawnSync} from 'node:child_process';
import {appendFileSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {zstdCompressSync} from 'node:zlib';
import {expect, test} from 'vitest';
import type {DeckEvent} from '../../src/model/events.ts';
import type {Incident, IncidentSummary} from '../../src/model/incidents.ts';
import {apply} from '../../src/model/reduce.ts';
import type {InstanceState} from '../../src/model/state.ts';
import {RecordingFile} from '../../src/instance/recorder/file-writer.ts';
import {encodeLine} from '../../src/instance/recorder/record-line.ts';
import {FILE_MAGIC, partHead} from '../../src/instance/recorder/recording-file.ts';
import {segmentName} from '../../src/instance/recorder/segment-files.ts';
import {Player} from '../../src/instance/replay/player.ts';
import {Recording} from '../../src/instance/replay/recording.ts';
import {ReplayEngine} from '../../src/instance/replay/replay-engine.ts';
import {segmentsOfFile, segmentsOfFolder} from '../../src/instance/replay/segments.ts';
import {tempDir} from '../support/temp.ts';
import {sleep, until} from '../support/wait.ts';
import {nextMoment, Scene} from './recorder-scene.ts';

/** A state as it crosses a socket. */
const plain = (state: InstanceState) => JSON.parse(JSON.stringify(state)) as InstanceState;

interface Moment {
  at: number;
  state: InstanceState;
  lines: string[];
}

/** A recording of several segments, and what was to be seen at moments in it when it was live. */
async function recorded(seconds = 12): Promise<{scene: Scene; recording: Recording; moments: Moment[]}> {
  const scene = new Scene({segmentMs: 40});
  const moments: Moment[] = [];
  for (let i = 1; i <= seconds; i++) {
    scene.second(i);
    if (i % 4 === 0) scene.stacks('/srv/app.py', i);
    if (i % 5 === 0) for (let j = 0; j < 3; j++) scene.log('the same again');
    const at = await nextMoment();
    const {entries} = scene.store.window({filter: {}, before: null, limit: 500});
    moments.push({at, state: plain(scene.bus.state()), lines: entries.map((one) => `${one.seq} ${one.repeated ?? 1} ${one.text}`)});
    await scene.recorder.sync();
    await sleep(15);
  }
  return {scene, recording: await scene.recording(), moments};
}

const linesOf = (player: Player) =>
  player.log.window({filter: {}, before: null, limit: 500}).entries.map((one) => `${one.seq} ${one.repeated ?? 1} ${one.text}`);

test('at every moment a replay shows the state and the log that there were, sought forwards, backwards, or played through', async () => {
  const {scene, recording, moments} = await recorded();
  expect(recording.parts.length).toBeGreaterThan(3);
  const played = await Player.open(recording, recording.from);
  for (const moment of moments) {
    await played.forward(moment.at, () => {});
    expect(plain(played.state())).toEqual(moment.state);
    expect(linesOf(played)).toEqual(moment.lines);
  }
  const sought = await Player.open(recording, recording.to);
  for (const moment of [...moments.toReversed(), ...moments]) {
    await sought.seek(moment.at);
    expect(plain(sought.state())).toEqual(moment.state);
    expect(linesOf(sought)).toEqual(moment.lines);
  }
  await scene.recorder.stop();
});

test('the events of playing through add up to the same state in a client', async () => {
  const {scene, recording, moments} = await recorded();
  const player = await Player.open(recording, recording.from);
  let state = player.state();
  await player.forward(recording.to, (event) => {
    state = apply(state, event);
  });
  expect({...plain(state), log: null}).toEqual({...moments.at(-1)!.state, log: null});
  await scene.recorder.stop();
});

test('without its oldest segments it still shows the state of each moment that is left', async () => {
  const {scene, moments} = await recorded();
  await scene.recorder.stop();
  const segments = segmentsOfFolder(scene.folder).slice(2);
  const recording = await Recording.open(segments);
  const left = moments.filter(({at}) => at > recording.from);
  expect(left.length).toBeGreaterThan(2);
  const player = await Player.open(recording, recording.to);
  for (const moment of left) {
    await player.seek(moment.at);
    const {log, ...state} = plain(player.state());
    const {log: before, ...rest} = moment.state;
    expect(state).toEqual(rest);
    expect({...log, dropped: 0}).toEqual({...before, dropped: 0});
    // The numbers are those of then.
    expect(moment.lines.slice(-linesOf(player).length)).toEqual(linesOf(player));
  }
});

test('one file holds the same as the folder, also when it was made while the recorder wrote', async () => {
  const scene = new Scene({segmentMs: 30});
  const path = join(tempDir(), 'night.wdr');
  const file = await RecordingFile.create(path, false);
  for (let i = 1; i <= 8; i++) {
    scene.second(i);
    await scene.recorder.sync();
    await file.add(scene.folder);
    await sleep(10);
  }
  await scene.recorder.stop();
  await file.add(scene.folder);
  await file.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const [fromFile, fromFolder] = [segmentsOfFile(path), segmentsOfFolder(scene.folder)];
  expect(fromFile.damage).toBe(null);
  expect(fromFile.segments.map(({name}) => name)).toEqual(fromFolder.map(({name}) => name));
  for (const [index, segment] of fromFolder.entries())
    expect((await fromFile.segments[index]!.read()).equals(await segment.read())).toBe(true);
  await expect(RecordingFile.create(path, false)).rejects.toThrow(/EEXIST/);
});

test('a file that cannot grow any more is said by its name, and what is in it is played', async () => {
  const scene = new Scene();
  scene.second(1);
  await scene.recorder.stop();
  const path = join(tempDir(), 'full.wdr');
  // The kernel refuses more than 512 bytes.
  const program = `
    import {RecordingFile} from '${join(import.meta.dirname, '../../src/instance/recorder/file-writer.ts')}';
    const file = await RecordingFile.create('${path}', false);
    await file.add('${scene.folder}').catch((error) => console.log(error.message));
  `;
  const run = spawnSync('sh', ['-c', `ulimit -f 1; exec "${process.execPath}" --input-type=module-typescript -e "$0"`, program], {
    encoding: 'utf8',
  });
  expect(run).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/full\.wdr: cannot be written: it may not grow any more.*can be played\n$/),
  });
  expect(segmentsOfFile(path).segments).toHaveLength(1);
});

const SUMMARY: IncidentSummary = {
  id: '20261120-131502-3f',
  kind: 'request-timeout',
  severity: 'error',
  openedAt: 0,
  closedAt: null,
  title: 'request timeout: GET /slow',
  pid: 100,
  processGroup: 'shop',
  where: {file: '/srv/app.py', line: 3},
  count: 1,
  cause: 'a bank does not answer',
  remedy: 'give the call a timeout',
  earlier: false,
};

function body(summary: IncidentSummary): Incident {
  const instance = {
    name: 'shop',
    url: '',
    script: null,
    serverRoot: '/tmp/shop',
    modWsgi: '6.1.1',
    python: '3.11',
    apache: '2.4',
    mpm: 'event',
    processes: 1,
    threads: 5,
    requestTimeout: 60,
  };
  const none = {inFlight: [], verdicts: [], captures: [], log: [], processes: [], before: [], after: [], diagnoses: []};
  return {v: 1, summary, instance, reason: 'Aborting process', ...none};
}

/** A recording with two incidents, and an engine that plays it. */
async function withIncidents(): Promise<{engine: ReplayEngine; scene: Scene; ids: string[]; told: number[]}> {
  const scene = new Scene({segmentMs: 60});
  const ids = ['20261120-131502-3f', '20261120-131509-40'];
  const told: number[] = [];
  for (const id of ids) {
    for (let i = 0; i < 4; i++) {
      scene.second(i);
      await sleep(10);
      await scene.recorder.sync();
    }
    const incident = {...SUMMARY, id, openedAt: Date.now()};
    scene.incidents.set(id, body(incident));
    told.push(Date.now());
    scene.bus.put({type: 'incident', incident});
    await sleep(130);
    await scene.recorder.sync();
  }
  scene.second(9);
  await scene.recorder.stop();
  const engine = await ReplayEngine.open(await Recording.open(segmentsOfFolder(scene.folder)), {file: 'night.wdr', paused: true});
  return {engine, scene, ids, told};
}

test('incidents are listed and jumped to: the screen then shows them, with what was known of them', async () => {
  const {engine, ids} = await withIncidents();
  expect(engine.state().replay?.incidents.map(({id}) => id)).toEqual(ids);
  expect(engine.state().incidents).toEqual([]);
  expect(await engine.command({type: 'replay', action: 'next-incident'})).toMatchObject({ok: true, text: SUMMARY.title});
  expect(engine.state().incidents.map(({id}) => id)).toEqual([ids[0]]);
  expect(await engine.query({type: 'incident', id: ids[0]!})).toMatchObject({reason: 'Aborting process', summary: {id: ids[0]}});
  await engine.command({type: 'replay', action: 'next-incident'});
  expect(engine.state().incidents.map(({id}) => id)).toEqual(ids);
  expect(await engine.command({type: 'replay', action: 'next-incident'})).toMatchObject({ok: false});
  await engine.command({type: 'replay', action: 'previous-incident'});
  expect(engine.state().incidents.map(({id}) => id)).toEqual([ids[0]]);
  engine.close();
});

test('it plays at its speed, pauses at its end, and begins again from there', async () => {
  const {engine} = await withIncidents();
  const {from, to} = engine.state().replay!;
  const seen: DeckEvent['type'][] = [];
  engine.listen((event) => seen.push(event.type));
  expect(await engine.command({type: 'replay', action: 'speed', value: 5})).toMatchObject({ok: true});
  await engine.command({type: 'replay', action: 'play'});
  const state = await until('the end', () => (engine.state().replay?.paused ? engine.state() : null), 5000);
  expect(state.replay).toMatchObject({at: to, speed: 5});
  expect(seen.filter((one) => one === 'incident')).toHaveLength(2);
  expect(seen).toContain('replay');
  await engine.command({type: 'replay', action: 'play'});
  expect(engine.state().replay!.at).toBeLessThan(to);
  await engine.command({type: 'replay', action: 'pause'});
  const {at} = engine.state().replay!;
  await sleep(250);
  expect(engine.state().replay!.at).toBe(at);
  await engine.command({type: 'replay', action: 'seek', value: from});
  expect(engine.state().replay!.at).toBe(from);
  engine.close();
});

test('nothing of a recording can be acted on', async () => {
  const {engine} = await withIncidents();
  for (const command of [
    {type: 'stop', now: false},
    {type: 'reload'},
    {type: 'signal', pid: 1, signal: 'SIGKILL'},
    {type: 'stacks'},
    {type: 'export-incident', id: 'x', format: 'json'},
  ] as const) {
    expect(await engine.command(command)).toMatchObject({ok: false, text: expect.stringMatching(/this is a recording/)});
  }
  for (const value of [0, 1000, undefined])
    expect(await engine.command({type: 'replay', action: 'speed', ...(value === undefined ? {} : {value})})).toMatchObject({ok: false});
  engine.close();
});

test('captures, live stacks, source lines and the configuration are answered from the recording', async () => {
  const folder = tempDir();
  const file = join(folder, 'app.py');
  writeFileSync(file, Array.from({length: 30}, (_, i) => `line_${i + 1}()`).join('\n'));
  const scene = new Scene({segmentMs: 1});
  const capture = scene.stacks(file, 12);
  await scene.recorder.sync();
  scene.recorder.saw({type: 'live', pid: 100}, {...capture, title: 'live'});
  await nextMoment();
  scene.second(1);
  await scene.recorder.sync();
  // By the time of the replay the file is another one.
  writeFileSync(file, '');
  await scene.recorder.stop();
  const recording = await Recording.open(segmentsOfFolder(scene.folder));
  const engine = await ReplayEngine.open(recording, {file: '', at: recording.to, paused: true});
  expect(await engine.query({type: 'capture', id: capture.id})).toEqual(capture);
  expect(await engine.query({type: 'capture', id: 77})).toBe(null);
  expect(await engine.query({type: 'live', pid: 100})).toMatchObject({title: 'live'});
  await expect(engine.query({type: 'live', pid: 5})).rejects.toThrow(/nobody took stacks of process 5/);
  expect(await engine.query({type: 'source', file, line: 12, context: 2})).toEqual({
    file,
    from: 10,
    lines: ['line_10()', 'line_11()', 'line_12()', 'line_13()', 'line_14()'],
  });
  await expect(engine.query({type: 'source', file: '/etc/passwd', line: 1, context: 2})).rejects.toThrow(/does not hold/);
  expect(await engine.query({type: 'config'})).toMatchObject({
    file: '/srv/httpd.conf',
    lines: ['# Logs', 'SetEnv DB_PASSWORD ***', 'Listen 8000'],
  });
  engine.close();
});

test('a gap between two runs is not waited through, and each run has its own log', async () => {
  const first = new Scene();
  first.log('of the first run');
  // The line may come a millisecond after the recording's beginning.
  const logged = Date.now();
  await first.recorder.stop();
  await sleep(400);
  const second = new Scene({folder: first.folder});
  second.log('of the second run');
  const end = Date.now();
  await second.recorder.stop();
  const recording = await Recording.open(segmentsOfFolder(first.folder));
  const player = await Player.open(recording, logged);
  expect(linesOf(player)).toEqual(['1 1 of the first run']);
  const jumped = await player.forward(recording.from + 100, () => {});
  expect(jumped).toBe(true);
  expect(player.at).toBeGreaterThan(recording.from + 300);
  await player.forward(end, () => {});
  expect(linesOf(player)).toEqual(['1 1 of the second run']);
});

/** A file that says what it likes. */
function forged(lines: string[], name = segmentName(1_700_000_000_000, 0)): string {
  const path = join(tempDir(), 'forged.wdr');
  const bytes = zstdCompressSync(Buffer.from(lines.join('')));
  writeFileSync(path, Buffer.concat([Buffer.from(`${FILE_MAGIC}\n${partHead(name, bytes.length)}`), bytes]));
  return path;
}

async function goodKey(): Promise<Record<string, unknown>> {
  const scene = new Scene();
  scene.second(1);
  const part = await (await scene.recording()).load(0);
  await scene.recorder.stop();
  return JSON.parse(JSON.stringify(part!.key)) as Record<string, unknown>;
}

test.each<[string, (key: Record<string, unknown>) => string[]]>([
  ['no frame at its beginning', () => [encodeLine(1, 'traffic', {})]],
  ['a frame of another version', (key) => [encodeLine(1, '+key', {...key, v: 99})]],
  ['a frame without a state', (key) => [encodeLine(1, '+key', {...key, state: null})]],
  ['a state with a hole', (key) => [encodeLine(1, '+key', {...key, state: {...(key['state'] as object), processes: [{}]}})]],
  ['rows of another kind', (key) => [encodeLine(1, '+key', {...key, state: {...(key['state'] as object), requests: 'many'}})]],
  ['nothing', () => []],
])('a file with %s is refused in one line', async (_name, lines) => {
  const {segments} = segmentsOfFile(forged(lines(await goodKey())));
  await expect(Recording.open(segments)).rejects.toThrow(/^nothing in it can be played[^\n]*$/);
});

test('events that make no sense are left out and counted, the others are played', async () => {
  const key = await goodKey();
  const good = {type: 'host', at: 5, instance: 'shop', cpuCount: 2, memTotal: 1, memAvailable: 1, load1: 0.5};
  const lines = [
    encodeLine(1_700_000_000_000, '+key', key),
    encodeLine(1_700_000_000_001, 'processes', {type: 'processes', at: 1, instance: 'shop', rows: [{pid: 'x'}]}),
    '{"t":1700000000002,"k":"host","d":{broken}\n',
    encodeLine(1_700_000_000_003, '+logs', [{seq: 1, at: 1, text: 7, source: 'app', level: 'error'}]),
    encodeLine(1_700_000_000_004, 'host', good),
    'not a line of a recording\n',
    encodeLine(1_700_000_000_005, 'host', {...good, load1: 2}),
  ];
  const recording = await Recording.open(segmentsOfFile(forged(lines)).segments);
  const engine = await ReplayEngine.open(recording, {file: '', at: recording.to, paused: true});
  expect(engine.state().host?.load1).toBe(2);
  expect(engine.state().notices.map(({text}) => text)).toEqual([
    expect.stringMatching(/cannot be read/),
    expect.stringMatching(/3 lines of the recording make no sense/),
  ]);
  engine.close();
});

test('a bomb is not unpacked', async () => {
  const path = join(tempDir(), 'bomb.wdr');
  const bytes = zstdCompressSync(Buffer.alloc(300 * 1024 * 1024, '{"t":1,"k":"host","d":{}}\n'));
  expect(bytes.length).toBeLessThan(100_000);
  writeFileSync(path, Buffer.concat([Buffer.from(`${FILE_MAGIC}\n${partHead(segmentName(1_700_000_000_000, 0), bytes.length)}`), bytes]));
  const before = process.memoryUsage().rss;
  await expect(Recording.open(segmentsOfFile(path).segments)).rejects.toThrow(/more than 64 MiB/);
  expect(process.memoryUsage().rss - before).toBeLessThan(280 * 1024 * 1024);
});

test('what is no recording, or of another version, is refused in one line', () => {
  const folder = tempDir();
  const path = join(folder, 'x');
  writeFileSync(path, 'GIF89a');
  expect(() => segmentsOfFile(path)).toThrow(/is no recording of wsgideck/);
  writeFileSync(path, 'wsgideck recording 9\n');
  expect(() => segmentsOfFile(path)).toThrow(/another version/);
  writeFileSync(path, `${FILE_MAGIC}\n`);
  expect(() => segmentsOfFile(path)).toThrow(/holds no recorded time/);
  expect(() => segmentsOfFile(folder)).toThrow(/is no file/);
  expect(() => segmentsOfFile(join(folder, 'none'))).toThrow(/there is no such file/);
});

test('a file that was cut off, or added to by somebody, is played as far as it is one', async () => {
  const scene = new Scene();
  for (let i = 0; i < 20; i++) {
    scene.second(i);
    await scene.recorder.sync();
  }
  await scene.recorder.stop();
  const path = join(tempDir(), 'cut.wdr');
  const file = await RecordingFile.create(path, false);
  await file.add(scene.folder);
  await file.close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, bytes.length - 300));
  const cut = await Recording.open(segmentsOfFile(path).segments);
  expect(cut.parts).toHaveLength(1);
  writeFileSync(path, bytes);
  appendFileSync(path, 'rm -rf /\n');
  const {segments, damage} = segmentsOfFile(path);
  expect(damage).toMatch(/damaged or cut off/);
  expect((await Recording.open(segments, damage)).damage).toEqual([damage]);
});
