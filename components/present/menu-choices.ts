/** What menus offer, each thing with what it does: for a process, and for an incident. */
import type {Command, IncidentFormat} from '../../src/model/commands.ts';
import type {ProcessRow} from '../../src/model/events.ts';
import type {Snapshot} from '../store/snapshot.ts';
import type {MenuOf} from '../store/ui-state.ts';

type SignalName = Extract<Command, {type: 'signal'}>['signal'];

export interface MenuChoice {
  name: string;
  effect: string;
  signal?: SignalName;
  format?: IncidentFormat;
}

const DAEMON: readonly MenuChoice[] = [
  {name: 'SIGTERM', signal: 'SIGTERM', effect: 'stop: its requests get the shutdown timeout, Apache starts a new one within a second'},
  {
    name: 'SIGUSR1',
    signal: 'SIGUSR1',
    effect: 'drain: takes nothing new, lets requests finish under the graceful timeout, then is replaced',
  },
  {name: 'SIGINT', signal: 'SIGINT', effect: 'the same as SIGTERM'},
  {
    name: 'SIGHUP',
    signal: 'SIGHUP',
    effect: 'mod_wsgi 6: handed to Python code that asked for it; older: it dies at once, its requests are cut',
  },
  {name: 'SIGKILL', signal: 'SIGKILL', effect: 'dies at once: its requests are cut, Apache starts a new one within a second'},
];

const APACHE: readonly MenuChoice[] = [
  {name: 'SIGUSR1', signal: 'SIGUSR1', effect: 'graceful restart: reads the configuration again; requests longer than about 3 s are cut'},
  {name: 'SIGHUP', signal: 'SIGHUP', effect: 'restart: reads the configuration again and cuts the requests in flight'},
  {name: 'SIGTERM', signal: 'SIGTERM', effect: 'stops the whole server and cuts the requests in flight'},
  {name: 'SIGINT', signal: 'SIGINT', effect: 'the same as SIGTERM'},
  {name: 'SIGKILL', signal: 'SIGKILL', effect: 'kills Apache; the guard ends what is left of it'},
];

const OTHER: readonly MenuChoice[] = [
  {name: 'SIGTERM', signal: 'SIGTERM', effect: 'asks it to end'},
  {name: 'SIGINT', signal: 'SIGINT', effect: 'interrupts it'},
  {name: 'SIGHUP', signal: 'SIGHUP', effect: 'tells it that its terminal is gone'},
  {name: 'SIGUSR1', signal: 'SIGUSR1', effect: 'what it does with this one is its own affair'},
  {name: 'SIGKILL', signal: 'SIGKILL', effect: 'ends it at once'},
];

const FORMATS: readonly MenuChoice[] = [
  {name: 'html', format: 'html', effect: 'one page with everything in it, for a browser or a ticket'},
  {name: 'markdown', format: 'markdown', effect: 'text for a ticket or a chat'},
  {name: 'json', format: 'json', effect: 'all of it, for programs'},
];

/** The choices of a menu; none when what it was about is gone. */
export function menuChoices(of: MenuOf, s: Pick<Snapshot, 'state'>): readonly MenuChoice[] {
  if (of.type === 'incident') return FORMATS;
  const process = s.state.processes.find((one) => one.pid === of.pid);
  return process ? signalChoices(process) : [];
}

function signalChoices(process: Pick<ProcessRow, 'role'>): readonly MenuChoice[] {
  if (process.role === 'daemon') return DAEMON;
  return process.role === 'apache' || process.role === 'guard' ? APACHE : OTHER;
}
