import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {ProcessFiles} from '../../src/sources/agent/process-files.ts';
import {processFact} from '../../src/sources/agent/proc.ts';
import {Remains} from '../../src/sources/agent/remains.ts';
import {SLOT_HEADER, SLOT_SIZE} from '../../src/sources/agent/slots.ts';
import {tempDir} from '../support/temp.ts';

const MINUTE = 60;

/** The request table of one process, without requests. */
function table(pid: number, startTicks: string): Buffer {
  const bytes = Buffer.alloc(SLOT_HEADER);
  bytes.write('WDSLOT1\n', 'latin1');
  bytes.writeUInt32LE(SLOT_SIZE, 12);
  bytes.writeBigUInt64LE(BigInt(pid), 16);
  bytes.writeBigUInt64LE(BigInt(startTicks), 24);
  return bytes;
}

test('the files of a process that is just starting are not taken for those of an ended one', async () => {
  const folder = tempDir();
  const child = spawn('sleep', ['60'], {stdio: 'ignore'});
  const pid = child.pid!;
  const path = (kind: string) => join(folder, `${pid}.${kind}`);
  const old = () => {
    for (const kind of ['slots', 'fault']) utimesSync(path(kind), Date.now() / 1000 - MINUTE, Date.now() / 1000 - MINUTE);
  };
  const left = () => ['slots', 'fault'].filter((kind) => existsSync(path(kind)));
  const files = new ProcessFiles(folder);
  const remains = new Remains({files, roots: [], isAgent: () => false, sourceLine: () => null});
  const fill = (slots: Buffer) => {
    writeFileSync(path('fault'), '');
    writeFileSync(path('slots'), slots);
  };
  try {
    const {startTicks} = processFact(pid)!;
    fill(Buffer.alloc(0));
    remains.sweep();
    expect(left(), 'made, and still empty').toEqual(['slots', 'fault']);

    fill(table(pid, startTicks));
    old();
    remains.sweep();
    expect(left(), 'its own, however old').toEqual(['slots', 'fault']);

    fill(table(pid, '1'));
    remains.sweep();
    expect(left(), 'the table of an earlier process with its number').toEqual(['fault']);

    fill(Buffer.alloc(0));
    old();
    remains.sweep();
    expect(left(), 'older than the process').toEqual([]);

    fill(table(pid, startTicks));
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  remains.sweep();
  expect(left(), 'of a process that has ended').toEqual([]);
});
