import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {continueOwner, isStoppedNow} from '../express/server-root/stopped-owner.ts';
import type {Instance} from '../instance/instances/instance.ts';
import {resolveInstance} from '../instance/instances/resolve-instance.ts';
import {writeProblem} from '../instance/write-problem.ts';
import type {CommandResult} from '../model/commands.ts';
import type {InstanceState} from '../model/state.ts';
import {readProcess} from '../sources/processes/proc-stat.ts';
import {age, duration, plural} from '../terminal/format.ts';
import {safeText} from '../terminal/safe-text.ts';
import {act, actHelp, type Outcome} from './act.ts';
import {readInstanceWords} from './instance-words.ts';
import {stopLeftBehind, stopUnwatched} from './left-behind.ts';
import type {OpenDeck} from './open-deck.ts';
import {fail} from './report.ts';
import {say} from './say.ts';

const HELP = actHelp(
  'stop [INSTANCE] [--now | --wait SECONDS]',
  'Stops a server and waits until it is gone: no new connections, and requests in flight may finish, however long they take. What is left of a server whose processes were killed is ended.',
  `  --now             cut the requests in flight
  --wait SECONDS    let them finish for so long, then cut them
`,
);

/** Milliseconds between two lines about what is waited for, and between two looks at a process. */
const TELL_EVERY = 5000;
const LOOK = 50;
/** Milliseconds for the supervisor to be gone after its socket is. */
const LAST = 15_000;

/** `wsgideck stop`. */
export async function stop(argv: string[]): Promise<void> {
  const asked = readInstanceWords('stop', argv, {now: {type: 'boolean', default: false}, wait: {type: 'string'}} as const, HELP);
  if (asked === null) return;
  const {now, wait} = asked.values;
  const seconds = wait === undefined ? null : Number(wait);
  if (seconds !== null && !(seconds >= 0)) return fail(`stop: --wait takes seconds, not "${wait}"`, 2);
  if (now && seconds !== null) return fail('stop: give --now or --wait, not both', 2);
  let instance: Instance;
  try {
    instance = await resolveInstance(asked.word);
    if (await continued(instance)) instance = await resolveInstance(instance.serverRoot);
  } catch (error) {
    return fail((error as Error).message);
  }
  const {name, leftBehind} = instance;
  const unwatched = leftBehind === undefined ? await stopUnwatched(instance) : null;
  if (leftBehind === undefined && unwatched === null) {
    return act(instance, {type: 'stop', now: now || seconds === 0}, (open, taken) => gone(open, taken, seconds));
  }
  const {ok, text} = unwatched ?? (await stopLeftBehind(leftBehind!.statusFile, now || seconds === 0));
  if (ok) process.stdout.write(`${safeText(name)}: ${text}\n`);
  else fail(`${name}: ${text}`);
}

/** A stopped supervisor is continued first: it could not obey. @throws Error in one line when that is not permitted. */
async function continued({controlSocket, name}: Instance): Promise<boolean> {
  if (controlSocket === undefined) return false;
  let pid: number | null;
  try {
    pid = continueOwner(join(dirname(controlSocket), 'lock'));
  } catch (error) {
    throw new Error(`${name}: its supervisor is stopped, and cannot be continued: ${writeProblem(error)}`, {cause: error});
  }
  if (pid === null) return false;
  say(`the supervisor (pid ${pid}) was stopped; it runs again`);
  for (const end = Date.now() + LAST; isStoppedNow(pid) && Date.now() < end;) await sleep(LOOK);
  return true;
}

/** Waits for the end of the process that matters: the supervisor's, which is the last to go, or Apache's own. */
async function gone(open: OpenDeck, taken: CommandResult, seconds: number | null): Promise<Outcome> {
  const {instance, deck} = open;
  const from = Date.now();
  const pid = (instance.kind === 'ours' ? deck.state().info?.supervisorPid : instance.apachePid) ?? null;
  const started = pid === null ? null : readProcess(pid)?.startTicks;
  const here = () => {
    const found = pid === null ? null : readProcess(pid);
    return found !== null && found.startTicks === started && found.state !== 'Z';
  };
  const urgent = seconds === null ? undefined : setTimeout(() => void deck.send({type: 'stop', now: true}), seconds * 1000);
  let told = from;
  let last: InstanceState = deck.state();
  while (here() || (pid === null && deck.closed() === null)) {
    await sleep(LOOK);
    last = deck.state();
    if (deck.closed() === null && Date.now() - told >= TELL_EVERY) {
      told = Date.now();
      say(waitingFor(last, taken.text));
    }
    if (deck.closed() === null) continue;
    clearTimeout(urgent);
    if (Date.now() - told > LAST + TELL_EVERY) return {ok: false, text: `its supervisor (pid ${pid}) does not end; see wsgideck ps`};
  }
  clearTimeout(urgent);
  const {exit, detail, phase} = last.lifecycle;
  if (phase === 'failed') return {ok: false, text: `ended, but not as asked: ${detail}`};
  const how = exit === null ? '' : exit.signal === null ? ` (Apache's status ${exit.code})` : ` (Apache ended by ${exit.signal})`;
  return {ok: true, text: `stopped after ${duration(Date.now() - from)}${how}`};
}

function waitingFor({lifecycle}: InstanceState, otherwise: string): string {
  const {drain} = lifecycle;
  if (!drain || drain.inFlight === 0) return `still stopping: ${lifecycle.detail || otherwise}`;
  return `still stopping: ${plural(drain.inFlight, 'request')} in flight, the oldest for ${age(drain.oldestMs)}; wsgideck stop --now cuts them`;
}
