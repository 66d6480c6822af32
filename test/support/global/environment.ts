import {resolve} from 'node:path';

// What is kept between starts is not looked for, nor left, in somebody's home.
process.env['XDG_CACHE_HOME'] = resolve(import.meta.dirname, '../../../.cache/kept');
// CI=true makes Ink non-interactive, and what is tested here is the interactive program.
process.env['CI'] = 'false';
// Python takes a source that was saved twice in one second, at one length, for unchanged, where it has kept compiled code of it.
process.env['PYTHONDONTWRITEBYTECODE'] = '1';
// The settings of the person who runs the tests must not decide what they find.
for (const name of ['NO_COLOR', 'FORCE_COLOR', 'VIRTUAL_ENV', 'PYTHONPATH', 'PYTHONHOME', 'EDITOR', 'VISUAL', 'INK_SCREEN_READER']) {
  delete process.env[name];
}
