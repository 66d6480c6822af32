/** `npm run screenshots [name ...]`: pictures of the real program on the demo shop, SVG and PNG, beside this file. Names keep only those pictures. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {columns} from '../test/support/mod-wsgi.ts';
import {prepareVenv} from '../test/support/venv.ts';
import {sleep} from '../test/support/wait.ts';
import {toPng} from './png.ts';
import {SCENES, type Scene} from './scenes.ts';
import {Shop} from './shop.ts';
import {toSvg} from './svg.ts';

async function take(shop: Shop, scene: Scene, keep: boolean): Promise<void> {
  const {name, shows} = scene;
  await scene.act(shop);
  await shop.tty.waitFor(shows, 20_000).catch((error: unknown) => {
    throw new Error(`scene ${name}: ${(error as Error).message}`, {cause: error});
  });
  // Let the frame that is being drawn be drawn to its end.
  await sleep(300);
  if (!keep) return;
  const svg = toSvg(shop.tty.terminal);
  writeFileSync(join(import.meta.dirname, `${name}.svg`), svg);
  writeFileSync(join(import.meta.dirname, `${name}.png`), toPng(svg));
  console.log(`screenshots/${name}.svg and .png`);
}

await prepareVenv();
const newest = columns().find(({name}) => name === '6.x');
if (newest === undefined) throw new Error('no mod_wsgi 6.x');
const wanted = process.argv.slice(2);
const shop = await Shop.open(newest, {cols: 120, rows: 34});
try {
  for (const scene of SCENES) await take(shop, scene, wanted.length === 0 || wanted.includes(scene.name));
} finally {
  await shop.close();
}
