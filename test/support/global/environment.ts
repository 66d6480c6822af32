// CI=true makes Ink non-interactive, and what is tested here is the interactive program.
process.env['CI'] = 'false';
// The settings of the person who runs the tests must not decide what they find.
for (const name of ['NO_COLOR', 'FORCE_COLOR', 'VIRTUAL_ENV', 'PYTHONPATH', 'PYTHONHOME', 'EDITOR', 'VISUAL', 'INK_SCREEN_READER']) {
  delete process.env[name];
}
