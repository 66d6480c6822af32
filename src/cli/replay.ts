import {once} from 'node:events';
import {parseArgs} from 'node:util';
import {REPLAY_SPEEDS} from '../model/replay.ts';
import {hasTerminal} from '../instance/terminal.ts';
import {safeText} from '../terminal/safe-text.ts';
import {guardOutput} from './output.ts';
import {fail, mistakeOf} from './report.ts';
import {say} from './say.ts';
import {momentOf} from './moment.ts';
import {noScreen} from './no-screen.ts';

const HELP = `usage: wsgideck replay FILE [OPTIONS]
       wsgideck replay --server-root DIRECTORY [OPTIONS]

Plays a recording in the dashboard: a file that wsgideck record has made, or what the flight recorder of a
server has kept, also when the server is gone.

  --server-root DIR    play what the flight recorder of this server root has kept
  --at TIME            begin there: 14:03:20, 2026-11-20T14:03:20, +90 (seconds from the beginning), -60 (before the end)
  --incident ID        begin where this incident was opened, paused; the end of its ID will do, or "last"
  --speed FACTOR       ${REPLAY_SPEEDS[0]} to ${REPLAY_SPEEDS.at(-1)}; 1 when left out
  --paused             do not play yet
  --json               print the recorded events as lines of JSON instead (from --at on)
  --help               this text
`;

interface Asked {
  file: string | null;
  serverRoot: string | null;
  at: string | null;
  incident: string | null;
  speed: number;
  paused: boolean;
  json: boolean;
}

/** `wsgideck replay`: exit status 2 for a wrong command line, 1 for what cannot be played. */
export async function replay(argv: string[]): Promise<void> {
  const asked = read(argv);
  if (asked === null) return;
  if (!asked.json && !hasTerminal()) return fail(noScreen('replay', '--json prints the events without one'));
  const [{Recording}, {segmentsOfFile, segmentsOfRoot}] = await Promise.all([
    import('../instance/replay/recording.ts'),
    import('../instance/replay/segments.ts'),
  ]);
  try {
    const found = asked.file === null ? {segments: segmentsOfRoot(asked.serverRoot ?? ''), damage: null} : segmentsOfFile(asked.file);
    const recording = await Recording.open(found.segments, found.damage).catch((error: Error) => {
      throw new Error(`${asked.file ?? asked.serverRoot}: ${error.message}`);
    });
    const incident = asked.incident === null ? null : incidentOf(asked.incident, recording.incidents);
    if (incident === undefined) throw new Error(unknownIncident(asked.incident ?? '', recording.incidents));
    const at = incident?.at ?? (asked.at === null ? recording.from : momentOf(asked.at, recording));
    if (asked.json) return await print(recording, at);
    const [{ReplayEngine}, {serveReplay}] = await Promise.all([
      import('../instance/replay/replay-engine.ts'),
      import('../instance/replay/serve-replay.ts'),
    ]);
    const file = asked.file ?? asked.serverRoot ?? '';
    const engine = await ReplayEngine.open(recording, {file, at, paused: asked.paused || incident !== null, speed: asked.speed});
    const {code, signal} = await serveReplay(engine, (end) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end);
    });
    process.exitCode = signal === null ? (code ?? 1) : 1;
  } catch (error) {
    fail((error as Error).message);
  }
}

/** By its id, the end of it, or "last", as in `wsgideck incidents`. */
function incidentOf<T extends {id: string}>(word: string, known: readonly T[]): T | undefined {
  return word === 'last' ? known.at(-1) : known.findLast(({id}) => id === word || id.endsWith(`-${word}`));
}

const LISTED = 8;

function unknownIncident(word: string, known: readonly {id: string}[]): string {
  const ids = known.slice(-LISTED).map(({id}) => id);
  const more = known.length > ids.length ? ` and ${known.length - ids.length} older ones` : '';
  return `no incident ${word} in this recording; ${ids.length === 0 ? 'it holds none' : `it holds ${ids.join(', ')}${more}`}`;
}

/** All events in their order, as --json of a live server prints them. What a reader does not take any more ends it. */
async function print(recording: import('../instance/replay/recording.ts').Recording, at: number): Promise<void> {
  const {recordedEvents} = await import('../instance/replay/recorded-events.ts');
  for (const trouble of recording.damage) say(`warning: ${safeText(trouble)}`);
  guardOutput();
  for await (const event of recordedEvents(recording, at)) {
    if (!process.stdout.write(`${JSON.stringify(event)}\n`)) await once(process.stdout, 'drain');
  }
}

function read(argv: string[]): Asked | null {
  const options = {
    'server-root': {type: 'string'},
    at: {type: 'string'},
    incident: {type: 'string'},
    speed: {type: 'string'},
    paused: {type: 'boolean'},
    json: {type: 'boolean'},
    help: {type: 'boolean', short: 'h'},
  } as const;
  try {
    // A time before the end begins with a minus, which parseArgs takes for an option.
    const args = argv.flatMap((word, index) =>
      argv[index - 1] === '--at' ? [] : word === '--at' ? [`--at=${argv[index + 1] ?? ''}`] : [word],
    );
    const {values, positionals} = parseArgs({args, options, allowPositionals: true});
    if (values.help) {
      process.stdout.write(HELP);
      return null;
    }
    const serverRoot = values['server-root'] ?? null;
    if (positionals.length > 1 || (positionals.length === 1) === (serverRoot !== null))
      throw new Error('what is to be played? A file, as in: wsgideck replay FILE; or --server-root DIRECTORY');
    const speed = values.speed === undefined ? 1 : Number(values.speed);
    if (!(speed >= REPLAY_SPEEDS[0] && speed <= REPLAY_SPEEDS.at(-1)!))
      throw new Error(`--speed takes a number from ${REPLAY_SPEEDS[0]} to ${REPLAY_SPEEDS.at(-1)}`);
    return {
      file: positionals[0] ?? null,
      serverRoot,
      at: values.at ?? null,
      incident: values.incident ?? null,
      speed,
      paused: values.paused ?? false,
      json: values.json ?? false,
    };
  } catch (error) {
    fail(`replay: ${mistakeOf(error)}`, 2);
    return null;
  }
}
