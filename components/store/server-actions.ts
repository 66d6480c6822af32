/** What the keys do to the server: asked first where it matters, with what happens to the requests in flight. */
import type {Command} from '../../src/model/commands.ts';
import type {ActiveRequest, ProcessRow} from '../../src/model/events.ts';
import {selectProcesses} from '../../src/model/select-processes.ts';
import {plural} from '../../src/terminal/format.ts';
import {menuChoices} from '../present/menu-choices.ts';
import {silenceSentences} from './silence.ts';
import type {DashboardStore} from './dashboard-store.ts';
import type {Confirmation} from './ui-state.ts';

/** Sends a command and shows what came of it. */
export async function carryOut(store: DashboardStore, command: Command, doing: string): Promise<void> {
  const {silence} = store.snapshot;
  if (silence === null) store.say(doing, 'dim', 60_000);
  else store.say(`${silenceSentences(silence).at(-1)}: it is carried out when the supervisor answers again`, 'now', 60_000);
  const result = await store.deck.send(command).catch((error: Error) => ({ok: false, text: error.message, captures: undefined}));
  store.say(result.text, result.ok ? 'plain' : 'now', result.ok ? 6000 : 12_000);
  if (!result.ok) return;
  // Where a file was written: the answer ends with its path.
  if (command.type === 'export-incident') copyPath(store, result.text);
  const first = result.captures?.at(0);
  // Stacks that were asked for are wanted now; the list is one key away.
  if (first && command.type === 'stacks')
    store.change({view: 'stacks', detail: null, scroll: 0, selected: {...store.ui.selected, capture: first.id}});
}

function copyPath(store: DashboardStore, text: string): void {
  const path = /(\/\S+)$/.exec(text.trim())?.[1];
  if (path === undefined || store.options.onCopy === undefined) return;
  store.options.onCopy(path);
  store.say(`${text} (copied)`, 'plain', 20_000);
}

/** Yes to the question in the footer. */
export function confirmed(store: DashboardStore): void {
  const {confirm: question} = store.ui;
  if (!question) return;
  const {command} = question;
  store.change({confirm: null, ...(command.type === 'stop' ? {stops: command.now ? 2 : 1} : {})});
  void carryOut(store, command, 'on its way');
}

export function ask(
  store: DashboardStore,
  question: string,
  command: Command,
  what: Pick<Confirmation, 'requests' | 'consequence'> = {},
): void {
  if (store.readOnly) return store.refuse();
  store.change({confirm: {question, command, ...what}, overlay: null});
}

/** Signals of the selected process, or of the one that serves the request. */
export function openSignals(store: DashboardStore): void {
  if (store.readOnly) return store.refuse();
  const process = processHere(store);
  if (process) store.change({overlay: {kind: 'menu', of: {type: 'process', pid: process.pid}, index: 0}});
}

/** Asks whether one daemon process is to be replaced. */
export function recycle(store: DashboardStore): void {
  const process = processHere(store);
  if (!process) return;
  if (process.role !== 'daemon') return store.say(`only daemon processes can be recycled: ${process.pid} is ${process.label}`, 'soon');
  const {pid} = process;
  const {state} = store.snapshot;
  const busy = state.requests.filter((one) => one.pid === pid).length;
  const grace = state.info?.gracefulTimeout ?? 0;
  const serves =
    busy === 0
      ? 'It serves nothing now'
      : `Its ${plural(busy, 'request')} may finish${grace > 0 ? ` for ${grace} s` : ''}, then they are cut`;
  ask(store, `Recycle daemon ${pid}?`, {type: 'recycle', pid}, {consequence: serves});
}

/** Ends one request without its process. */
export function endRequest(store: DashboardStore): void {
  const request = requestHere(store);
  if (!request) return store.say('no request is selected', 'dim');
  const url = request.url.length > 40 ? `${request.url.slice(0, 39)}…` : request.url;
  ask(
    store,
    `Interrupt ${request.method} ${url}?`,
    {type: 'interrupt', requestId: request.id},
    {
      consequence: 'An exception is raised in its thread; the others go on. C code must return first',
    },
  );
}

/** Stacks of the one process that is looked at. */
export function stacksOfOne(store: DashboardStore): void {
  const process = processHere(store);
  if (process?.role === 'daemon') void carryOut(store, {type: 'stacks', pid: process.pid}, `taking the stacks of daemon ${process.pid}`);
  else store.say('stacks are those of daemon processes', 'soon');
}

/** Keeps the evidence as it is now: of the request or the process that is looked at, else of everything. */
export function fileIncident(store: DashboardStore): void {
  const {view, detail} = store.ui;
  const request = detail?.kind === 'request' || (detail === null && view === 'requests') ? requestHere(store) : undefined;
  const process = detail === null && view === 'processes' ? processHere(store) : undefined;
  const command: Command = {
    type: 'file-incident',
    ...(request ? {requestId: request.id, pid: request.pid} : {}),
    ...(process?.role === 'daemon' ? {pid: process.pid} : {}),
  };
  void carryOut(store, command, 'keeping the evidence');
}

export function exportIncident(store: DashboardStore): void {
  const {detail, selected} = store.ui;
  const id = detail?.kind === 'incident' ? detail.id : (selected.incident ?? store.snapshot.state.incidents.at(-1)?.id);
  if (id === undefined) return store.say('there is no incident to export', 'dim');
  store.change({overlay: {kind: 'menu', of: {type: 'incident', id}, index: 0}});
}

/** The chosen line of a menu. */
export function chooseInMenu(store: DashboardStore): void {
  const {overlay} = store.ui;
  if (overlay?.kind !== 'menu') return;
  const choice = menuChoices(overlay.of, store.snapshot)[overlay.index];
  const {of} = overlay;
  store.change({overlay: null});
  if (of.type === 'incident') {
    if (choice?.format) void carryOut(store, {type: 'export-incident', id: of.id, format: choice.format}, 'writing');
    return;
  }
  const process = store.snapshot.state.processes.find((one) => one.pid === of.pid);
  if (!process || choice?.signal === undefined) return store.say(`process ${of.pid} is gone`, 'soon');
  const command: Command = {type: 'signal', pid: process.pid, signal: choice.signal};
  ask(store, `Send ${choice.signal} to ${process.role} ${process.pid}?`, command, {consequence: choice.effect});
}

function requestHere(store: DashboardStore): ActiveRequest | undefined {
  const {ui} = store;
  const {requests} = store.snapshot.state;
  const {detail} = ui;
  if (detail?.kind === 'request') return requests.find((one) => one.id === detail.id);
  return requests.find((one) => one.id === ui.selected.request) ?? requests[0];
}

function processHere(store: DashboardStore): ProcessRow | undefined {
  const {ui} = store;
  const {state} = store.snapshot;
  if (ui.view === 'processes' && ui.detail === null) {
    const rows = selectProcesses(state.processes);
    return rows.find((one) => one.pid === ui.selected.pid) ?? rows[0];
  }
  const pid = ui.detail?.kind === 'request' ? ui.detail.pid : requestHere(store)?.pid;
  return state.processes.find((one) => one.pid === pid);
}
