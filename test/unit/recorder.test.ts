import {spawnSync} from 'node:child_process';
import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {zstdDecompressSync} from 'node:zlib';
import {expect, test} from 'vitest';
import {listSegments, overdue, type SegmentFile} from '../../src/instance/recorder/segment-files.ts';
import {recordedEvents} from '../../src/instance/replay/recorded-events.ts';
import {Recording} from '../../src/instance/replay/recording.ts';
import {segmentsOfFolder} from '../../src/instance/replay/segments.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';
import {nextMoment, Scene} from './recorder-scene.ts';

async function all<T>(items: AsyncGenerator<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('each segment begins with the whole state, and holds what came after it as lines of JSON that any zstd reads', async () => {
  const scene = new Scene({segmentMs: 1});
  scene.second(1);
  await scene.recorder.sync();
  await nextMoment();
  scene.second(2);
  await scene.recorder.sync();
  await scene.recorder.stop();
  const names = readdirSync(scene.folder).toSorted();
  expect(names.length).toBeGreaterThanOrEqual(2);
  for (const name of names) {
    const text = zstdDecompressSync(readFileSync(join(scene.folder, name))).toString();
    const [first, ...rest] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as {t: number; k: string; d: {state?: {name: string}}});
    expect(first?.k).toBe('+key');
    expect(first?.d.state?.name).toBe('shop');
    for (const line of rest) expect(line.k).not.toBe('+key');
  }
});

test('the folder and its files are for their owner alone', async () => {
  const scene = new Scene();
  scene.second(1);
  await scene.recorder.stop();
  expect(statSync(scene.folder).mode & 0o777).toBe(0o700);
  for (const {path} of listSegments(scene.folder)) expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('every event comes back as it was, in its order', async () => {
  const scene = new Scene({segmentMs: 1});
  const events: unknown[] = [];
  scene.bus.listen((event) => events.push(JSON.parse(JSON.stringify(event))));
  for (let i = 1; i <= 5; i++) {
    scene.second(i);
    await scene.recorder.sync();
    await nextMoment();
  }
  const recording = await scene.recording();
  expect(await all(recordedEvents(recording, 0))).toEqual(events);
  expect(recording.damage).toEqual([]);
  await scene.recorder.stop();
});

test('what is on the disk is there a second after it happened, without anybody asking', async () => {
  const scene = new Scene();
  scene.recorder.start();
  scene.second(7);
  const found = await until(
    'the event on the disk',
    async () => (await all(recordedEvents(await Recording.open(segmentsOfFolder(scene.folder)), 0))).find((one) => one.type === 'traffic'),
    2000,
  );
  expect(found.type).toBe('traffic');
  await scene.recorder.stop();
});

test('a file that ends anywhere gives what comes before its end', async () => {
  const scene = new Scene();
  for (let i = 1; i <= 30; i++) {
    scene.second(i);
    await scene.recorder.sync();
  }
  const [segment] = listSegments(scene.folder);
  const bytes = readFileSync(segment!.path);
  await scene.recorder.stop();
  let most = 0;
  for (let end = 1; end < bytes.length; end += Math.ceil(bytes.length / 60)) {
    writeFileSync(segment!.path, bytes.subarray(0, end));
    const recording = await Recording.open(segmentsOfFolder(scene.folder)).catch(() => null);
    const count = recording === null ? 0 : (await all(recordedEvents(recording, 0))).length;
    expect(count).toBeGreaterThanOrEqual(most);
    most = count;
  }
  // All but the last few of 90.
  expect(most).toBeGreaterThan(80);
});

test('damage in the middle costs what comes after it in that segment, is said, and never throws', async () => {
  const scene = new Scene({segmentMs: 1});
  for (let i = 1; i <= 3; i++) {
    for (let j = 0; j < 50; j++) scene.second(i * 100 + j);
    await scene.recorder.sync();
    await nextMoment();
  }
  await scene.recorder.stop();
  const whole = (await all(recordedEvents(await Recording.open(segmentsOfFolder(scene.folder)), 0))).length;
  const damaged = listSegments(scene.folder)[1]!;
  const bytes = readFileSync(damaged.path);
  const middle = Math.floor(bytes.length / 2);
  bytes.fill(0xff, middle, middle + 40);
  writeFileSync(damaged.path, bytes);
  const recording = await Recording.open(segmentsOfFolder(scene.folder));
  expect(recording.damage.join()).toMatch(/left out/);
  const left = (await all(recordedEvents(recording, 0))).length;
  expect(left).toBeLessThan(whole);
  expect(left).toBeGreaterThan(whole / 3);
});

test('the oldest go first, by recorded time and by size, over all runs; the newest stays', () => {
  const segment = (from: number, ms: number, bytes: number): SegmentFile => ({name: String(from), path: '', from, to: from + ms, bytes});
  const minute = 60_000;
  // Yesterday's run, and this one's.
  const all = [
    segment(0, 5 * minute, 10),
    segment(5 * minute, 5 * minute, 10),
    segment(1e9, 5 * minute, 10),
    segment(1e9 + 5 * minute, 5 * minute, 10),
  ];
  const gone = (ms: number, bytes: number, files = 100) => overdue(all, {ms, bytes, files}).length;
  expect(gone(20 * minute, 100)).toBe(0);
  expect(gone(15 * minute, 100)).toBe(1);
  expect(gone(14 * minute, 100)).toBe(1);
  expect(gone(10 * minute, 100)).toBe(2);
  expect(gone(20 * minute, 25)).toBe(2);
  expect(gone(20 * minute, 1)).toBe(3);
  expect(gone(20 * minute, 100, 1)).toBe(3);
});

test('the recording keeps within its bytes however much happens', async () => {
  const maxBytes = 64 * 1024;
  const scene = new Scene({maxBytes});
  const size = () => listSegments(scene.folder).reduce((sum, one) => sum + one.bytes, 0);
  for (let i = 0; i < 120; i++) {
    // Text that does not compress well.
    for (let j = 0; j < 20; j++) scene.log(Array.from({length: 40}, () => Math.random().toString(36).slice(2)).join(' '));
    await scene.recorder.sync();
    // One write may come on top before the oldest goes.
    expect(size()).toBeLessThan(maxBytes * 1.5);
  }
  expect(listSegments(scene.folder).length).toBeGreaterThan(2);
  expect(size()).toBeGreaterThan(maxBytes / 3);
  await scene.recorder.stop();
});

test('a flood of lines is cut to what a recording takes, urgent ones last, and it says how many are missing', async () => {
  const scene = new Scene();
  for (let i = 0; i < 8000; i++) scene.log(`line ${i}`);
  scene.log('AH00052: child pid 7 exit signal Segmentation fault (11)', {source: 'error', level: 'notice'});
  scene.log('exit signal Segmentation fault', {source: 'error', level: 'warn'});
  const recording = await scene.recording();
  const part = await recording.load(0);
  const left = part!.lines.filter((line) => line.kind === '+left-out').map((line) => JSON.parse(line.text) as {lines: number});
  const events = await all(recordedEvents(recording, 0));
  const lines = events.filter((one) => one.type === 'log').map((one) => one.entry.text);
  expect(lines.length + left[0]!.lines).toBe(8002);
  expect(left).toHaveLength(1);
  expect(lines.length).toBeLessThan(4000);
  expect(lines).toContain('exit signal Segmentation fault');
  await scene.recorder.stop();
});

test('secrets are masked before they reach the disk: in lines, requests, sources and the configuration', async () => {
  const folder = tempDir();
  const file = join(folder, 'settings.py');
  writeFileSync(file, 'import os\nAPI_TOKEN = "tok-in-source-42"\n');
  const scene = new Scene();
  scene.log('login with password=hunter2 failed');
  const request = {id: 'r', pid: 1, ident: '7', method: 'GET', url: '/?token=tok-in-url', startedAt: 1};
  scene.bus.put({type: 'requests', pid: 1, requests: [request], busy: 1, total: 1, dropped: 0});
  scene.stacks(file, 2);
  await scene.recorder.stop();
  const text = zstdDecompressSync(readFileSync(listSegments(scene.folder)[0]!.path)).toString();
  expect(text).toContain('settings.py');
  expect(text).toContain('SetEnv DB_PASSWORD');
  for (const secret of ['hunter2', 'tok-in-url', 'tok-in-source-42']) expect(text).not.toContain(secret);
});

test(
  'a disk that takes no more: the recording pauses with a notice, frees its oldest, and goes on when there is room',
  {timeout: 30_000},
  () => {
    const folder = join(tempDir(), 'recording');
    // A real refusal by the kernel: files of this process may not grow beyond 16 KiB.
    const program = join(import.meta.dirname, 'recorder-program.ts');
    const run = spawnSync('sh', ['-c', `ulimit -f 32; exec "${process.execPath}" "${program}" "${folder}"`], {
      encoding: 'utf8',
      timeout: 25_000,
    });
    expect(run.stderr).toBe('');
    const said = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as {segments: number; notices: string[]; folder: string | null});
    const [before, full, after] = said;
    expect(before).toMatchObject({notices: [], folder});
    expect(before!.segments).toBeGreaterThan(2);
    expect(full!.notices).toEqual([expect.stringMatching(/disk is full.*oldest part was removed/)]);
    expect(full!.folder).toBe(null);
    expect(full!.segments).toBeLessThan(before!.segments + 1);
    expect(after).toMatchObject({notices: [], folder});
  },
);

test('a folder that cannot be made is a notice, and nothing else', async () => {
  const file = join(tempDir(), 'file');
  writeFileSync(file, '');
  const scene = new Scene({folder: join(file, 'recording')});
  scene.second(1);
  await scene.recorder.sync();
  expect(scene.bus.state().notices.map((one) => one.text)).toEqual([expect.stringMatching(/recording pauses/)]);
  expect((await scene.recorder.info()).folder).toBe(null);
  await scene.recorder.stop();
});

test('the next run begins segments of its own and keeps those of the last', async () => {
  const first = new Scene();
  first.second(1);
  await first.recorder.stop();
  const names = readdirSync(first.folder);
  await nextMoment();
  const second = new Scene({folder: first.folder});
  second.second(2);
  const recording = await second.recording();
  expect(readdirSync(first.folder)).toEqual(expect.arrayContaining(names));
  expect(new Set(recording.parts.map((one) => one.run)).size).toBe(2);
  expect(recording.continues(1)).toBe(false);
  await second.recorder.stop();
});
