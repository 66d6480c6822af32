/** Records into the folder it is given until the kernel refuses to let a file grow, then goes on with less; says three times how things stand. */
import {LogStore} from '../../src/sources/logs/log-store.ts';
import {Bus} from '../../src/instance/bus.ts';
import {Recorder} from '../../src/instance/recorder/recorder.ts';
import {listSegments} from '../../src/instance/recorder/segment-files.ts';

const folder = process.argv[2] ?? '';
const bus = new Bus('shop');
const store = new LogStore();
bus.keepLogIn(store);
const recorder = new Recorder(bus, {
  folder,
  maxBytes: 2 ** 30,
  segmentMs: 40,
  retryMs: 200,
  config: () => ({options: [], file: '', lines: []}),
  incident: async () => null,
});

function log(bytes: number): void {
  const text = Buffer.from(Array.from({length: bytes / 2}, () => Math.floor(Math.random() * 256))).toString('hex');
  const entry = store.add({seq: 0, at: Date.now(), source: 'app', level: 'error', text});
  bus.put({type: 'log', at: entry.at, entry});
}

async function say(): Promise<void> {
  const notices = bus.state().notices.map((one) => one.text);
  const {folder: kept} = await recorder.info();
  console.log(JSON.stringify({segments: listSegments(folder).length, notices, folder: kept}));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

for (let i = 0; i < 5; i++) {
  log(500);
  await recorder.sync();
  await pause(50);
}
await say();
// More than a file may hold, in one write.
for (let i = 0; i < 20; i++) log(6000);
await recorder.sync();
await say();
// The state holds the newest lines: with the long ones it is too large for a file by itself.
for (let i = 0; i < 10; i++) log(20);
await pause(250);
log(500);
await recorder.sync();
await say();
await recorder.stop();
