import {Resvg} from '@resvg/resvg-js';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';

const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
const FACES = ['DejaVuSansMono.ttf', 'DejaVuSansMono-Bold.ttf', 'DejaVuSansMono-Oblique.ttf', 'DejaVuSans.ttf'];

/** An SVG picture as PNG, larger than life so that it is sharp on dense screens. The machine's own fonts are left out: same input, same picture. */
export function toPng(svg: string, zoom = 1.5): Buffer {
  const font = {loadSystemFonts: false, fontFiles: FACES.map((name) => join(fonts, name)), defaultFontFamily: 'DejaVu Sans Mono'};
  return Buffer.from(new Resvg(svg, {fitTo: {mode: 'zoom', value: zoom}, font}).render().asPng());
}
