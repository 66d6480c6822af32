import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import stringWidth from 'string-width';
import {describe, expect, test} from 'vitest';
import {optionsPage} from '../../src/express/docs.ts';
import {helpText} from '../../src/express/help.ts';
import {HEADINGS} from '../../src/express/headings.ts';
import {OPTIONS} from '../../src/express/options/table.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/options.md'), 'utf8');
const shown = OPTIONS.filter((option) => !option.hidden);

describe('docs/options.md', () => {
  test('is what the option table says (node tools/docs.mjs writes it anew)', () => {
    expect(page).toBe(optionsPage());
  });

  test('has every option once, with its help, default and range', () => {
    for (const {flags, refused} of OPTIONS) {
      const heads = page.split('\n').filter((line) => new RegExp(`^(?:### |\\| )\`${flags[0]}[\` ]`).test(line));
      expect(heads, flags[0]).toHaveLength(1);
      expect(heads[0]!.startsWith('| ')).toBe(refused !== undefined);
    }
    expect(page).toContain('### `--port NUMBER`\n\nPort for HTTP.\n\nDefault 8000; 1 to 65535; ');
  });

  test('its table of contents leads somewhere', () => {
    const anchors = new Set(
      [...page.matchAll(/^## (.*)$/gm)].map(([, title]) =>
        title!
          .toLowerCase()
          .replaceAll(/[^a-z0-9 -]/g, '')
          .replaceAll(' ', '-'),
      ),
    );
    const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, link]) => link!);
    expect(links.length).toBe(Object.keys(HEADINGS).length - 1);
    expect(links.filter((link) => !anchors.has(link))).toEqual([]);
  });
});

describe('--help', () => {
  test.each([80, 60, 200])('fits in %d columns', (columns) => {
    const widest = Math.max(
      ...helpText(columns)
        .split('\n')
        .map((line) => stringWidth(line)),
    );
    expect(widest).toBeLessThanOrEqual(Math.min(columns, 100));
    expect(helpText()).toBe(helpText(80));
  });

  test('names every option that is not an old spelling, by area', () => {
    const lines = helpText().split('\n');
    const heads = lines.flatMap((line) => /^ {2}(--[\w-]+)(?: [A-Z].*)?$/.exec(line)?.[1] ?? []);
    expect(heads.toSorted()).toEqual([...shown.map(({flags}) => flags[0]), '--help', '--version'].toSorted());
    const areas = lines.filter((line) => /^\S.*:$/.test(line)).map((line) => line.slice(0, -1));
    expect(areas).toEqual([...new Set(Object.values(HEADINGS))].filter((one) => one !== HEADINGS.removed).concat('Other'));
    expect(lines.slice(lines.indexOf('HTTPS:'), lines.indexOf('Access control:')).join('\n')).toContain('--https-port');
  });
});
