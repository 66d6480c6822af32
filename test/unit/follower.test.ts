import {execFileSync} from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {FileFollower, type FollowerOptions} from '../../src/sources/logs/follower.ts';
import {tempDir} from '../support/temp.ts';

let path: string;
let clock: number;
let lines: string[];
let cuts: number[];
let skips: number[];
let problems: string[];
const followers: FileFollower[] = [];

beforeEach(() => {
  path = join(tempDir(), 'error_log');
  clock = 0;
  lines = [];
  cuts = [];
  skips = [];
  problems = [];
});

afterEach(async () => {
  for (const follower of followers.splice(0)) await follower.stop();
});

/** Without timers: it reads when told to, and time passes when told to. */
async function follow(options: Partial<FollowerOptions> = {}): Promise<FileFollower> {
  const follower = new FileFollower(path, {
    onLines: (some, cut) => {
      lines.push(...some);
      for (const bytes of cut?.values() ?? []) cuts.push(bytes);
    },
    onSkipped: (bytes) => skips.push(bytes),
    onProblem: (text) => problems.push(text),
    clock: () => clock,
    intervalMs: 0,
    ...options,
  });
  followers.push(follower);
  await follower.start();
  return follower;
}

/** What was read since the last call. */
function taken(): string[] {
  return lines.splice(0);
}

describe('reading', () => {
  test('begins at the end, the start or an offset', async () => {
    writeFileSync(path, 'one\ntwo\n');
    const end = await follow();
    expect(taken()).toEqual([]);
    appendFileSync(path, 'three\n');
    await end.look();
    expect(taken()).toEqual(['three']);
    await follow({from: 'start'});
    expect(taken()).toEqual(['one', 'two', 'three']);
    await follow({from: 4});
    expect(taken()).toEqual(['two', 'three']);
  });

  test('holds an unfinished line until it is complete, or for a second', async () => {
    writeFileSync(path, '');
    const follower = await follow();
    appendFileSync(path, 'begun');
    await follower.look();
    clock = 900;
    await follower.look();
    expect(taken()).toEqual([]);
    appendFileSync(path, ' and ended\r\nnext');
    await follower.look();
    expect(taken()).toEqual(['begun and ended']);
    clock = 1899;
    await follower.look();
    expect(taken()).toEqual([]);
    clock = 1900;
    await follower.look();
    expect(taken()).toEqual(['next']);
  });

  test('a line of megabytes is cut and the bytes are counted', async () => {
    writeFileSync(path, '');
    const follower = await follow({maxLine: 1000});
    for (let i = 0; i < 5; i++) {
      appendFileSync(path, 'x'.repeat(1_000_000));
      await follower.look();
    }
    appendFileSync(path, `\n${'y'.repeat(1500)}\nshort\n`);
    await follower.look();
    expect(lines.map((line) => [line[0], line.length])).toEqual([
      ['x', 1000],
      ['y', 1000],
      ['s', 5],
    ]);
    expect(cuts).toEqual([4_999_000, 500]);
  });

  test('text of any encoding, also when a character is torn between two readings', async () => {
    writeFileSync(path, '');
    const follower = await follow();
    const bytes = Buffer.from('naïve 日本\n');
    for (const byte of bytes) {
      appendFileSync(path, Buffer.from([byte]));
      await follower.look();
    }
    appendFileSync(path, Buffer.concat([Buffer.from('plain\ncaf\xe9\n', 'latin1'), Buffer.from('tschüß\n')]));
    await follower.look();
    expect(taken()).toEqual(['naïve 日本', 'plain', 'café', 'tschüß']);
  });

  test('skips ahead when it is too far behind, says how much, and begins with a whole line', async () => {
    writeFileSync(path, '');
    const follower = await follow({maxBehind: 1000});
    const all = Array.from({length: 500}, (_, i) => `line ${i}`);
    appendFileSync(path, `${all.join('\n')}\n`);
    const {size} = statSync(path);
    await follower.look();
    expect(skips).toEqual([size - 500]);
    expect(follower.skipped).toBe(size - 500);
    const read = taken();
    expect(read).toEqual(all.slice(-read.length));
    expect(read.length).toBeGreaterThan(50);
  });
});

describe('what happens to files', () => {
  test('rotation: the rest of the old file, the new one from its start, and late writes to the old one', async () => {
    writeFileSync(path, '');
    const follower = await follow();
    const old = openSync(path, 'a');
    writeSync(old, 'a1\n');
    renameSync(path, `${path}.1`);
    writeSync(old, 'a2\n');
    await follower.look();
    expect(taken()).toEqual(['a1', 'a2']);
    writeFileSync(path, 'b1\n');
    await follower.look();
    expect(taken()).toEqual(['b1']);
    clock = 5000;
    writeSync(old, 'a3\n');
    appendFileSync(path, 'b2\n');
    await follower.look();
    expect(taken()).toEqual(['a3', 'b2']);
    clock = 30_000;
    await follower.look();
    writeSync(old, 'too late\n');
    closeSync(old);
    await follower.look();
    expect(taken()).toEqual([]);
  });

  test('ten rotations in a row lose nothing and keep few files open', async () => {
    writeFileSync(path, '');
    const follower = await follow();
    const before = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 10; i++) {
      appendFileSync(path, `last of ${i}\n`);
      renameSync(path, `${path}.${i}`);
      writeFileSync(path, `first of ${i + 1}\n`);
      await follower.look();
    }
    expect(taken()).toEqual(Array.from({length: 10}, (_, i) => [`last of ${i}`, `first of ${i + 1}`]).flat());
    expect(readdirSync('/proc/self/fd').length - before).toBeLessThanOrEqual(5);
  });

  test('truncation, removal and a new file', async () => {
    writeFileSync(path, 'old\nold\n');
    const follower = await follow();
    truncateSync(path, 0);
    appendFileSync(path, 'new\n');
    await follower.look();
    expect(taken()).toEqual(['new']);
    unlinkSync(path);
    await follower.look();
    writeFileSync(path, 'again\n');
    await follower.look();
    expect(taken()).toEqual(['again']);
    expect(problems).toEqual([]);
  });

  test('a file that is not there yet is read from its start', async () => {
    const follower = await follow();
    expect(follower.offset).toBeNull();
    await follower.look();
    writeFileSync(path, 'first\n');
    await follower.look();
    expect(taken()).toEqual(['first']);
  });

  test('links, pipes and folders are refused with a reason, once', async () => {
    writeFileSync(`${path}.real`, 'secret\n');
    symlinkSync(`${path}.real`, path);
    const follower = await follow({from: 'start'});
    await follower.look();
    unlinkSync(path);
    execFileSync('mkfifo', [path]);
    await follower.look();
    unlinkSync(path);
    mkdirSync(path);
    await follower.look();
    await follower.look();
    // A pipe and a folder are refused in the same words, so the second is no news.
    expect(problems).toEqual([`${path} is a link, which is not followed`, `${path} is not a regular file`]);
    expect(lines).toEqual([]);
  });
});

describe('cutting back our own file', () => {
  test('waits for a lull, loses no line, and the writer goes on', async () => {
    writeFileSync(path, '');
    const follower = await follow({truncateAbove: 1000});
    const writer = openSync(path, 'a');
    const all: string[] = [];
    const write = (count: number): void => {
      for (let i = 0; i < count; i++) {
        all.push(`line ${all.length}`);
        writeSync(writer, `${all.at(-1)}\n`);
      }
    };
    write(200);
    await follower.look();
    expect(statSync(path).size).toBeGreaterThan(1000);
    clock = 400;
    await follower.look();
    expect(statSync(path).size).toBe(0);
    write(10);
    await follower.look();
    // Far too large: no lull is waited for.
    write(1000);
    await follower.look();
    expect(statSync(path).size).toBe(0);
    write(3);
    await follower.look();
    closeSync(writer);
    expect(taken()).toEqual(all);
  });

  test('never with an unfinished line, unread bytes or another file under the name', async () => {
    writeFileSync(path, `${'x'.repeat(2000)}\nbegun`);
    const follower = await follow({from: 'start'});
    clock = 1;
    expect(follower.truncateAbove(10)).toBe(false);
    appendFileSync(path, ' ended\n');
    await follower.look();
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'another\n');
    clock = 10_000;
    expect(follower.truncateAbove(10)).toBe(false);
    expect(statSync(path).size).toBe(8);
  });
});

test('by itself: it notices growth, also after a long quiet time', async () => {
  writeFileSync(path, '');
  await follow({intervalMs: 20, clock: () => performance.now() + clock});
  const arrival = async (text: string): Promise<void> => {
    appendFileSync(path, `${text}\n`);
    while (!lines.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await arrival('while awake');
  // From the next look on, the follower sleeps until the kernel wakes it.
  clock += 60_000;
  await new Promise((resolve) => setTimeout(resolve, 100));
  await arrival('while asleep');
  await arrival('awake again');
  expect(lines).toEqual(['while awake', 'while asleep', 'awake again']);
});
