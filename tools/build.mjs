#!/usr/bin/env node
/**
 * Makes dist/: one bundle per process of ours (supervisor, dashboard), and in dist/native/ what runs on Apache's side.
 * `--clean` starts from an empty dist/ (packing); otherwise files are replaced one by one, whole, and only when they changed, so that a
 * server started from dist/ survives a build beside it.
 */
import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmod, mkdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises';
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {pathToFileURL} from 'node:url';
import {promisify} from 'node:util';
import * as esbuild from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const run = promisify(execFile);

/**
 * The command is CommonJS in three files: Node's loader for ES modules costs 10 ms of the start. The first file is what even an old Node can read;
 * it checks the version and turns the compile caches on. The second is all that a start needs until Apache is launched, the third (`later.cjs`)
 * everything that is imported by import() from there: reading and unpacking that beforehand would cost another 5 ms.
 * The dashboard needs ES modules (Ink awaits at its top level).
 */
const COMMAND = {wsgideck: 'src/cli/main.ts', commands: 'src/cli/commands.ts'};
/** What import() names and is needed before the launch all the same. */
const BEFORE_LAUNCH = new Set(['src/cli/start-server.ts', 'src/instance/run-apache.ts']);
const DASHBOARD = {dashboard: 'src/cli/dashboard-main.ts'};
/** Folders of native-shim/ that hold a program in C, or a module in C that Node loads. */
const PROGRAMS = {guard: 'wsgideck-guard', telemetry: 'wsgideck-telemetry', syscalls: 'wsgideck-syscalls.node'};
const PYTHON = [
  'agent.py',
  'agent_main.py',
  'agent_start.py',
  'browser_reload.py',
  'check_entry.py',
  'handler.py',
  'service.py',
  'slot.py',
  'wsgi_callable.py',
  'wsgideck_originals.py',
  ...['__init__', 'coverage', 'debugger', 'paste_application', 'profiler', 'recorder'].map((name) => `wsgideck_tools/${name}.py`),
];

/** What runs in a developer's browser. */
const BROWSER = ['reload.js'];

/**
 * Builds everything that has a source.
 * @param {{clean?: boolean}} [options]
 * @returns {Promise<{outputs: {name: string, bytes: number}[], missing: string[]}>} what was made, and the sources that do not exist.
 * @throws Error with the compiler's own words when something does not compile.
 */
export async function build({clean = false} = {}) {
  if (clean) await rm(dist, {recursive: true, force: true});
  const [bundles, native] = await Promise.all([bundle(), buildNative()]);
  return {outputs: [...bundles.outputs, ...native.outputs], missing: [...bundles.missing, ...native.missing]};
}

/** @type {esbuild.BuildOptions} */
const COMMON = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  write: false,
  metafile: true,
  platform: 'node',
  target: 'node22',
  jsx: 'automatic',
  // node-pty brings a compiled file that it looks up beside itself.
  external: ['node-pty'],
  // A third less to read and compile; names stay, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'eof',
  logLevel: 'silent',
};

/** @type {esbuild.BuildOptions} */
const AS_COMMONJS = {
  outExtension: {'.js': '.cjs'},
  format: 'cjs',
  // import() of a part of ours becomes require(), so that the other loader stays out of it.
  supported: {'dynamic-import': false},
  define: {'import.meta.dirname': '__dirname'},
};

/**
 * Leaves what import() names out of a bundle: it is asked for in later.cjs.
 * @param {Set<string>} later gets the files that were left out, relative to the root.
 * @returns {esbuild.Plugin}
 */
function leaveOut(later) {
  return {
    name: 'later',
    setup(plan) {
      plan.onResolve({filter: /^\.\/later\.cjs$/}, () => ({path: './later.cjs', external: true}));
      plan.onResolve({filter: /\.ts$/}, ({path, resolveDir, kind}) => {
        if (kind !== 'dynamic-import') return null;
        const file = relative(root, join(resolveDir, path));
        if (BEFORE_LAUNCH.has(file)) return null;
        later.add(file);
        return {path: file, namespace: 'later'};
      });
      plan.onLoad({filter: /./, namespace: 'later'}, ({path}) => ({
        contents: `module.exports = require('./later.cjs')(${JSON.stringify(path)});`,
        resolveDir: root,
      }));
    },
  };
}

/** The command's three files. */
async function bundleCommand() {
  const later = new Set();
  // Short names here: a quarter less to unpack at each start, half a millisecond.
  const first = await bundleOne({...AS_COMMONJS, minifyIdentifiers: true, entryPoints: COMMAND, plugins: [leaveOut(later)]});
  const parts = [...later]
    .toSorted((a, b) => a.localeCompare(b))
    .map((file) => `${JSON.stringify(file)}: () => require(${JSON.stringify(`./${file}`)})`);
  const contents = `const parts = {${parts.join(', ')}};\nmodule.exports = (name) => parts[name]();\n`;
  const entry = {stdin: {contents, resolveDir: root, sourcefile: 'later.js'}, outdir: undefined, outfile: join(dist, 'later.cjs')};
  return [...first, ...(await bundleOne({...AS_COMMONJS, outExtension: undefined, ...entry}))];
}

/** @type {esbuild.BuildOptions} */
const AS_DASHBOARD = {
  entryPoints: DASHBOARD,
  outExtension: {'.js': '.mjs'},
  // The hash is of the content: the same sources give the same names.
  chunkNames: 'chunks/[hash]',
  splitting: true,
  format: 'esm',
  // Development React costs twice the CPU; it is fixed here, not left to the environment.
  define: {'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"', 'process.env["DEV"]': '"false"'},
  alias: {'react-devtools-core': join(root, 'tools/react-devtools-stub.mjs')},
  // CommonJS packages inside the bundle call require() for Node's own modules.
  banner: {
    js: "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

async function bundle() {
  const sources = Object.values({...COMMAND, ...DASHBOARD});
  const missing = sources.filter((source) => !existsSync(join(root, source)));
  if (missing.length > 0) return {outputs: [], missing};
  // Each is written when it is made: a mistake in one does not keep the other from being built.
  const made = await Promise.allSettled([bundleCommand(), bundleOne(AS_DASHBOARD)]);
  const failed = made.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  const outputs = made.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  return {outputs, missing};
}

/** @param {esbuild.BuildOptions} options */
async function bundleOne(options) {
  const {outputFiles, metafile} = await esbuild.build({...COMMON, ...options});
  await Promise.all(
    outputFiles.map(async ({path, contents}) => {
      const isCommand = path === join(dist, 'wsgideck.cjs');
      const whole = isCommand ? withShebang(contents) : path === join(dist, 'commands.cjs') ? withName(contents) : contents;
      await replace(path, whole, isCommand ? 0o755 : 0o644);
    }),
  );
  return Object.entries(metafile.outputs).map(([name, {bytes}]) => ({name, bytes}));
}

/** Only dist/native/: the programs in C, the agent, the handler and its tools, and the script for pages. */
export async function buildNative() {
  await mkdir(join(dist, 'native'), {recursive: true});
  const missing = [];
  const outputs = [];
  const sources = [...PYTHON.map((name) => ['python', name]), ...BROWSER.map((name) => ['browser', name])];
  const copies = sources.map(async ([folder, name]) => {
    const source = join(root, 'native-shim', folder, name);
    if (!existsSync(source)) return void missing.push(relative(root, source));
    const target = join(dist, 'native', name);
    await replace(target, await readFile(source), 0o644);
    outputs.push({name: relative(root, target), bytes: (await stat(target)).size});
  });
  await Promise.all([...copies, ...Object.entries(PROGRAMS).map(([folder, file]) => buildProgram(folder, file, missing, outputs))]);
  return {outputs, missing};
}

async function buildProgram(name, file, missing, outputs) {
  const folder = join(root, 'native-shim', name);
  if (!existsSync(join(folder, 'Makefile'))) return void missing.push(`native-shim/${name}/Makefile`);
  const target = join(dist, 'native', file);
  await run('make', ['-s', '-C', folder, `OUT=${target}`]);
  outputs.push({name: relative(root, target), bytes: (await stat(target)).size});
}

/** Writes by rename, and not at all when nothing changed: whoever has the old file open or mapped keeps it. */
async function replace(path, contents, mode) {
  const old = await readFile(path).catch(() => null);
  if (old === null || !old.equals(contents)) {
    await mkdir(dirname(path), {recursive: true});
    const temporary = `${path}.${process.pid}.tmp`;
    await writeFile(temporary, contents, {mode});
    await rename(temporary, path);
  }
  await chmod(path, mode);
}

/**
 * One function expression, as src/cli/compiled-commands.ts calls it: putting it into one there would copy it at each start. The first line tells this
 * build from all others: what was compiled of it, and of our Python, is kept under that name.
 */
function withName(contents) {
  const hash = createHash('sha256').update(contents);
  for (const name of PYTHON) hash.update(readFileSync(join(root, 'native-shim/python', name)));
  const name = hash.digest('hex').slice(0, 16);
  return Buffer.concat([Buffer.from(`//${name}\n(function(exports,require,module,__filename,__dirname){`), contents, Buffer.from('\n})')]);
}

function withShebang(contents) {
  const text = Buffer.from(contents);
  return text.subarray(0, 2).toString() === '#!' ? text : Buffer.concat([Buffer.from('#!/usr/bin/env node\n'), text]);
}

async function main() {
  const started = performance.now();
  const quiet = process.argv.includes('--quiet');
  const {outputs, missing} = await build({clean: process.argv.includes('--clean')});
  if (!quiet) {
    for (const {name, bytes} of outputs.toSorted((a, b) => b.bytes - a.bytes)) {
      console.log(`${(bytes / 1024).toFixed(1).padStart(8)} KiB  ${name}`);
    }
    console.log(`built in ${Math.round(performance.now() - started)} ms`);
  }
  if (missing.length > 0) {
    console.error(`build: these sources do not exist, so what they become is missing from dist/: ${missing.join(', ')}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    console.error(`build failed:\n${String(error.stderr || error.message).trim()}`);
    process.exitCode = 1;
  });
}
