import {expect, test} from 'vitest';
import {parseSlots, SLOT_HEADER, SLOT_SIZE} from '../../src/sources/agent/slots.ts';

function table(slots: {ident: bigint; start: number; texts: string[]; lengths?: number[]}[], count = slots.length): Buffer {
  const bytes = Buffer.alloc(SLOT_HEADER + SLOT_SIZE * slots.length);
  bytes.write('WDSLOT1\n', 'latin1');
  bytes.writeUInt32LE(count, 8);
  bytes.writeUInt32LE(SLOT_SIZE, 12);
  bytes.writeBigUInt64LE(4711n, 16);
  bytes.writeBigUInt64LE(123456789012n, 24);
  for (const [index, {ident, start, texts, lengths}] of slots.entries()) {
    const from = SLOT_HEADER + index * SLOT_SIZE;
    bytes.writeBigUInt64LE(ident, from);
    bytes.writeDoubleLE(start, from + 8);
    bytes.writeUInt32LE(99, from + 16);
    bytes.writeUInt32LE(index + 1, from + 20);
    texts.forEach((text, place) => bytes.writeUInt16LE(lengths?.[place] ?? Buffer.byteLength(text), from + 24 + 2 * place));
    bytes.write(texts.join(''), from + 32, 'utf8');
  }
  return bytes;
}

const TEXTS = ['H13HdtpKyJI', 'GET', '/caf\u00e9?x=1', '127.0.0.1'];

test('reads what threads took last', () => {
  expect(parseSlots(table([{ident: 140698883970752n, start: 1795169761.25, texts: TEXTS}]))).toEqual({
    pid: 4711,
    startTicks: '123456789012',
    threads: 1,
    agentTid: 0,
    slots: [
      {
        ident: '140698883970752',
        tid: 99,
        worker: 1,
        startedAt: 1795169761250,
        id: 'H13HdtpKyJI',
        method: 'GET',
        url: '/caf\u00e9?x=1',
        client: '127.0.0.1',
      },
    ],
  });
});

test('leaves out unused slots and those that make no sense', () => {
  const bad = [
    {ident: 0n, start: 1, texts: TEXTS},
    {ident: 1n, start: Number.NaN, texts: TEXTS},
    {ident: 2n, start: 1, texts: TEXTS, lengths: [11, 3, 60_000, 9]},
    {ident: 3n, start: 1, texts: TEXTS},
  ];
  expect(parseSlots(table(bad))!.slots.map((slot) => slot.ident)).toEqual(['3']);
});

test('believes no count that the file does not hold', () => {
  expect(parseSlots(table([{ident: 1n, start: 1, texts: TEXTS}], 4_000_000_000))!.slots.length).toBe(1);
});

test.each([Buffer.alloc(0), Buffer.alloc(64), Buffer.from('WDSLOT1\n'), Buffer.alloc(2000, 0xff)])('refuses what is no table', (bytes) => {
  expect(parseSlots(bytes)).toBeNull();
});
