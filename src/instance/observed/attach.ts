import {tmpdir} from 'node:os';
import {ControlServer, type Engine} from '../../control/server.ts';
import type {StackCapture} from '../../model/stacks.ts';
import type {InstanceState} from '../../model/state.ts';
import {Bus} from '../bus.ts';
import {Captures} from '../captures.ts';
import {removePrivateFolder} from '../foreign/private-folder.ts';
import type {Instance} from '../instances/instance.ts';
import {stopGrowing} from '../memory.ts';
import {apacheStart} from './apache-process.ts';
import {readConfigFiles} from './config-files.ts';
import {configView} from './config-view.ts';
import {describe} from './describe.ts';
import {Observation} from './observation.ts';
import {ObservedEngine} from './observed-engine.ts';
import {makePrivatePlace} from './private-place.ts';
import {readServerConfig, type ServerConfig} from './server-config.ts';

/** What is needed of an `Instance` that no supervisor of ours watches. */
export type ObservedInstance = Pick<Instance, 'kind' | 'apachePid'> & Partial<Instance>;

export interface ObserveOptions {
  /** Nothing that changes the server is done. */
  readOnly?: boolean;
  /** Bytes at the end of each log that are shown as what was before; 256 KiB unless told. */
  history?: number;
  /** Where the folder for the control socket is made; the temporary directory unless told. */
  place?: string;
}

/** A running observation, which the ordinary dashboard connects to. */
export interface Observed {
  /** Path of the control socket, in a folder of this user's own. */
  socket: string;
  engine: Engine;
  /** Settles, with the reason in one line, when the server has gone for good. */
  finished: Promise<string>;
  /** Detaches: the server is not touched, and nothing of ours stays. */
  close(): Promise<void>;
}

const HISTORY = 256 * 1024;
/** For a look at the state, when nobody asks for lines. */
const SHORT_HISTORY = 32 * 1024;

/**
 * Watches over a server that was not started by wsgideck, without touching it, and serves what it sees on a control socket.
 * @throws Error in one line: Apache is not there any more, or there is no room for the socket.
 */
export async function observe(instance: ObservedInstance, options: ObserveOptions = {}): Promise<Observed> {
  const {engine, observation} = await look(instance, options, true);
  const place = makePrivatePlace(options.place ?? tmpdir());
  const server = new ControlServer(engine, place.socket);
  let closed: Promise<void> | null = null;
  const close = async () => {
    await server.close();
    await observation.stopWatching();
    removePrivateFolder(place.folder);
  };
  try {
    await server.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {socket: place.socket, engine, finished: observation.finished, close: () => (closed ??= close())};
}

/** The state as it is after watching for some seconds (CPU and requests a second are differences). */
export async function observedState(instance: ObservedInstance, seconds = 1.2): Promise<InstanceState> {
  const {engine, observation} = await look(instance, {history: SHORT_HISTORY}, true);
  observation.setWatched(true);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const state = engine.state();
  await observation.stopWatching();
  return state;
}

/** Stacks of one process of the server that runs Python, or of all, by the ladder for processes without our agent. */
export async function observedStacks(instance: ObservedInstance, pid?: number): Promise<StackCapture[]> {
  const {observation} = await look(instance, {readOnly: true, history: 0}, false);
  try {
    return await observation.takeStacks(pid);
  } finally {
    await observation.stopWatching();
  }
}

async function look(instance: ObservedInstance, {readOnly = false, history = HISTORY}: ObserveOptions, follow: boolean) {
  const {apachePid, kind} = instance;
  if (apachePid === null || kind === 'ours') throw new Error('this server runs under wsgideck: it has a supervisor of its own to ask');
  stopGrowing();
  const start = apacheStart(apachePid);
  const files = readConfigFiles(start);
  const config = readServerConfig(files);
  const bus = new Bus(instance.name ?? 'apache');
  const captures = new Captures(bus);
  const known = {
    ...(instance.name === undefined ? {} : {name: instance.name}),
    ...(instance.modWsgi === undefined ? {} : {modWsgi: instance.modWsgi}),
  };
  const tell = (now: ServerConfig) => bus.put({type: 'instance', info: describe(now, start.program, {kind, readOnly, ...known})});
  tell(config);
  for (const {path, reason} of files.unread)
    bus.put({
      type: 'notice',
      key: `config ${path}`.slice(0, 200),
      severity: 'warn',
      text: `configuration ${path}: ${reason}; what it sets is not known here`,
      ...(reason.includes('may not be read') ? {remedy: 'attach with sudo'} : {}),
    });
  const unknown = start.envKnown ? undefined : files.directives.flatMap(({words}) => words).find((word) => word.includes('${'));
  if (unknown !== undefined)
    bus.put({
      type: 'notice',
      key: 'config variables',
      severity: 'warn',
      text: `the configuration has variables of Apache's environment, which may not be read: ${unknown.slice(0, 80)}`,
      remedy: 'attach with sudo',
    });
  const observation = new Observation(bus, apachePid, config, {
    history,
    follow,
    reread: () => readServerConfig(readConfigFiles(start)),
    describe: tell,
  });
  const engine = new ObservedEngine(bus, observation, captures, () => configView(readConfigFiles(start)), readOnly);
  await observation.start();
  return {engine, observation};
}
