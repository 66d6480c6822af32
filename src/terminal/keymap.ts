/** The one table of keys. Help, footer, palette and the documentation are made from it. */

export type Place =
  | 'overview'
  | 'requests'
  | 'stacks'
  | 'logs'
  | 'processes'
  | 'incidents'
  /** The terminal of debug mode, looked at; and while what is typed goes there. */
  | 'terminal'
  | 'pane'
  | 'config'
  | 'request'
  | 'capture'
  | 'entry'
  | 'incident'
  /** Pages that belong to no list. */
  | 'advice'
  | 'reloads'
  | 'foreign'
  | 'failed'
  | 'help'
  | 'palette'
  | 'menu';

export interface Binding {
  action: string;
  /** Key names as `keyName` gives them; empty for what only the palette offers. */
  keys: readonly string[];
  /** Where it works. */
  places: readonly Place[];
  /** For the footer; absent: not shown there. Lower rank stays longer in a narrow terminal. */
  label?: string;
  rank?: number;
  /** For help: what it does. */
  help: string;
  /** For the palette: the command's name; absent: not offered there. */
  command?: string;
  /** Changes the server: not offered to a read-only client. */
  changes?: boolean;
  /** Only where a server runs in debug mode; is a recording that is played; was not started by us. */
  only?: 'debug' | 'replay' | 'foreign';
  /** Asks running processes: not offered while a recording is played. */
  live?: boolean;
  /** Needs our agent inside the server: not offered on one that was not started by us. */
  inside?: boolean;
}

/** What decides which commands there are. */
export interface Circumstances {
  readOnly: boolean;
  debug: boolean;
  replay: boolean;
  foreign: boolean;
}

const VIEWS = ['overview', 'requests', 'stacks', 'logs', 'processes', 'incidents'] as const;
const PLACED = ['request', 'capture', 'entry', 'incident', 'reloads'] as const;
const DETAILS = [...PLACED, 'advice', 'foreign'] as const;
const LISTS = [...VIEWS, 'config', 'menu', 'help'] as const;
const MAIN: readonly Place[] = [...VIEWS, 'terminal', 'config', ...DETAILS, 'failed'];

export const KEYMAP: readonly Binding[] = [
  {
    action: 'view-1',
    keys: ['1'],
    places: MAIN,
    help: 'Overview: the figures that matter, what needs you, newest requests and log lines',
    command: 'overview',
  },
  {action: 'view-2', keys: ['2'], places: MAIN, help: 'Requests: what is being served now, oldest first', command: 'requests'},
  {action: 'view-3', keys: ['3'], places: MAIN, help: 'Stacks: what was taken, by whom and why', command: 'stacks view'},
  {action: 'view-4', keys: ['4'], places: MAIN, help: 'Logs: error log, application output, access log', command: 'logs'},
  {action: 'view-5', keys: ['5'], places: MAIN, help: 'Processes: who runs, and why the previous ones went', command: 'processes'},
  {
    action: 'view-6',
    keys: ['6'],
    places: MAIN,
    help: 'Incidents: what went wrong, and the evidence that was kept',
    command: 'incidents',
  },
  {
    action: 'view-7',
    keys: ['7'],
    places: MAIN,
    help: 'Config: the options in effect, and the httpd.conf that was made of them',
    command: 'config',
  },
  {
    action: 'view-8',
    keys: ['8'],
    places: MAIN,
    help: 'Terminal (debug mode): what the one process prints, and where its debugger asks',
    only: 'debug',
  },
  {action: 'type', keys: ['enter'], places: ['terminal'], label: 'type there', rank: 1, help: 'type into the terminal', changes: true},
  {
    action: 'leave-pane',
    keys: ['ctrl-]'],
    places: ['pane'],
    label: 'leaves the terminal; every other key goes there',
    rank: 0,
    help: "back to the dashboard's own keys",
  },
  {action: 'next-view', keys: ['tab', 'right'], places: MAIN, help: 'next view'},
  {action: 'previous-view', keys: ['shift-tab', 'left'], places: MAIN, help: 'previous view'},
  {action: 'up', keys: ['up'], places: [...LISTS, 'terminal', ...DETAILS, 'palette'], help: 'one line up'},
  {action: 'down', keys: ['down'], places: [...LISTS, 'terminal', ...DETAILS, 'palette'], help: 'one line down'},
  {action: 'page-up', keys: ['pageup', 'ctrl-b'], places: [...LISTS, 'terminal', ...DETAILS, 'palette'], help: 'one page up'},
  {action: 'page-down', keys: ['pagedown', 'space'], places: [...LISTS, 'terminal', ...DETAILS], help: 'one page down'},
  {action: 'home', keys: ['home', 'g'], places: [...LISTS, 'terminal', ...DETAILS], help: 'to the beginning'},
  {action: 'end', keys: ['end', 'G'], places: [...LISTS, 'terminal', ...DETAILS], help: 'to the end; in Logs: follow again'},
  {action: 'open', keys: ['enter'], places: VIEWS, label: 'open', rank: 1, help: 'open what is selected'},
  {action: 'back', keys: ['esc', 'backspace'], places: [...DETAILS, 'help', 'menu'], label: 'back', rank: 0, help: 'back to the list'},
  {action: 'choose', keys: ['enter'], places: ['palette', 'menu'], label: 'do it', rank: 0, help: 'do what is selected'},
  {action: 'clear', keys: ['esc'], places: ['logs', 'config'], help: 'drop the filter or the search'},
  {
    action: 'part',
    keys: ['o'],
    places: ['config'],
    label: 'other part',
    rank: 1,
    help: 'from the options in effect to the generated httpd.conf, and back',
  },
  {action: 'search', keys: ['/'], places: ['config'], label: 'search', rank: 2, help: 'search for a regular expression'},
  {action: 'next-hit', keys: ['n'], places: ['config'], help: 'next place where it was found'},
  {action: 'previous-hit', keys: ['N'], places: ['config'], help: 'previous place where it was found'},
  {action: 'next-section', keys: [']'], places: ['config'], label: 'next section', rank: 3, help: 'next section or area'},
  {action: 'previous-section', keys: ['['], places: ['config'], help: 'previous section or area'},
  {action: 'follow', keys: ['F'], places: ['logs'], label: 'follow', rank: 3, help: 'jump to the newest line and follow'},
  {
    action: 'filter',
    keys: ['/'],
    places: ['logs'],
    label: 'filter',
    rank: 2,
    help: 'filter by a regular expression; ! in front inverts it',
  },
  {
    action: 'level',
    keys: ['l'],
    places: ['logs'],
    label: 'level',
    rank: 3,
    help: "least level shown: all but Apache's own info, all, info, notice, warn, error",
  },
  {
    action: 'source',
    keys: ['o'],
    places: ['logs'],
    label: 'source',
    rank: 4,
    help: 'source shown: all, application, Apache, access, start-up, wsgideck',
  },
  {
    action: 'edit',
    keys: ['enter', 'e'],
    places: PLACED,
    label: 'editor',
    rank: 2,
    help: 'open $VISUAL or $EDITOR at the line that is marked; the server goes on meanwhile',
  },
  {
    action: 'alone',
    keys: ['o'],
    places: ['capture'],
    label: 'one/all',
    rank: 3,
    help: 'stacks of this process alone, or of all that were taken with it',
  },
  {action: 'next-place', keys: [']'], places: PLACED, help: 'mark the next line of code'},
  {action: 'previous-place', keys: ['['], places: PLACED, help: 'mark the previous line of code'},
  {action: 'fold', keys: ['f'], places: ['request', 'capture', 'incident'], label: 'fold', rank: 2, help: 'fold or unfold library frames'},
  {
    action: 'stacks',
    keys: ['s'],
    places: MAIN,
    label: 'stacks',
    rank: 3,
    help: 'take the stacks of all daemon processes now',
    live: true,
    command: 'take stacks now',
  },
  {
    action: 'stacks-one',
    keys: ['S'],
    places: ['requests', 'request', 'processes'],
    help: 'take the stacks of this process alone',
    live: true,
  },
  {
    action: 'signal',
    keys: ['k'],
    places: ['processes', 'requests', 'request'],
    label: 'signal',
    rank: 4,
    help: 'recycle the process, or send it a signal: says first what happens to its requests',
    changes: true,
  },
  {
    action: 'end-request',
    keys: ['x'],
    places: ['requests', 'request'],
    label: 'interrupt',
    rank: 3,
    help: 'raise an exception in the thread of this request (mod_wsgi 6); the process goes on',
    changes: true,
    inside: true,
  },
  {
    action: 'recycle',
    keys: ['c'],
    places: ['requests', 'request', 'processes'],
    label: 'recycle',
    rank: 3,
    help: 'replace this daemon process: it takes nothing new, its requests finish under the graceful timeout',
    changes: true,
  },
  {
    action: 'advice',
    keys: ['a'],
    places: MAIN,
    help: 'capacity: where the time goes, and what more or fewer threads would do',
    command: 'capacity advice',
  },
  {
    action: 'reloads',
    keys: ['h'],
    places: MAIN,
    help: 'reload history: files, times, what finished with the old code, why one failed',
    command: 'reload history',
  },
  {
    action: 'file-incident',
    keys: ['i'],
    places: MAIN,
    label: 'keep',
    rank: 7,
    help: 'file an incident by hand: keeps stacks, requests, log and figures as they are now',
    command: 'file an incident',
    changes: true,
  },
  {
    action: 'export',
    keys: ['x'],
    places: ['incidents', 'incident'],
    label: 'export',
    rank: 2,
    help: 'write this incident into a file: JSON, Markdown or one HTML page',
    changes: true,
  },
  {
    action: 'foreign',
    keys: [],
    places: MAIN,
    help: 'what wsgideck could do for this server if it had started it',
    command: 'what a restart would add',
    only: 'foreign',
  },
  {
    action: 'replay-pause',
    keys: ['space'],
    places: MAIN,
    label: 'pause',
    rank: 0,
    help: 'pause the recording, or play on',
    command: 'pause or play',
    only: 'replay',
  },
  {action: 'replay-slower', keys: ['-'], places: MAIN, help: 'play slower', command: 'slower', only: 'replay'},
  {
    action: 'replay-faster',
    keys: ['+', '='],
    places: MAIN,
    label: 'faster',
    rank: 3,
    help: 'play faster',
    command: 'faster',
    only: 'replay',
  },
  {action: 'replay-back', keys: ['left'], places: MAIN, help: '10 seconds back', command: 'back 10 s', only: 'replay'},
  {
    action: 'replay-forward',
    keys: ['right'],
    places: MAIN,
    label: '10 s on',
    rank: 3,
    help: '10 seconds on',
    command: 'forward 10 s',
    only: 'replay',
  },
  {
    action: 'replay-next',
    keys: ['n'],
    places: MAIN,
    label: 'next incident',
    rank: 2,
    help: 'to the next incident',
    command: 'next incident',
    only: 'replay',
  },
  {action: 'replay-previous', keys: ['N'], places: MAIN, help: 'to the previous incident', command: 'previous incident', only: 'replay'},
  {
    action: 'reload',
    keys: ['r'],
    places: [...VIEWS, 'terminal', 'config', ...DETAILS],
    label: 'reload',
    rank: 4,
    help: 'reload: new daemon processes with the code on disk; what they serve now gets the shutdown timeout',
    command: 'reload',
    changes: true,
  },
  {action: 'retry', keys: ['r'], places: ['failed'], label: 'try again', rank: 1, help: 'start Apache again', changes: true},
  {
    action: 'restart-graceful',
    keys: [],
    places: MAIN,
    help: "Apache's graceful restart (USR1): reads its configuration again; mod_wsgi cuts requests that take more than about 3 s",
    command: 'restart gracefully',
    changes: true,
  },
  {
    action: 'restart',
    keys: ['R'],
    places: MAIN,
    help: "Apache's restart (HUP): reads its configuration again and cuts the requests in flight",
    command: 'restart',
    changes: true,
  },
  {
    action: 'stop',
    keys: [],
    places: MAIN,
    help: 'stop gracefully: no new connections, requests in flight finish',
    command: 'stop',
    changes: true,
  },
  {action: 'stop-now', keys: [], places: MAIN, help: 'stop now: cuts the requests in flight', command: 'stop now', changes: true},
  {action: 'zoom', keys: ['z'], places: MAIN, help: 'hide tabs and rules, or show them again', command: 'zoom'},
  {action: 'mouse', keys: ['m'], places: MAIN, help: 'let go of the mouse (to select text with it), or take it back', command: 'mouse'},
  {action: 'palette', keys: [':', 'ctrl-p'], places: MAIN, label: 'command', rank: 5, help: 'all commands'},
  {action: 'help', keys: ['?'], places: MAIN, label: 'help', rank: 6, help: 'these keys'},
  {action: 'quit', keys: ['q'], places: MAIN, label: 'quit', rank: 1, help: 'quit', command: 'quit'},
  {
    action: 'interrupt',
    keys: ['ctrl-c'],
    places: [...MAIN, 'help', 'palette', 'menu'],
    help: 'stop gracefully and show progress; again: stop now',
  },
  {action: 'background', keys: ['ctrl-z'], places: MAIN, help: 'nothing: this screen stays in the foreground'},
];

/** The binding of a key in a place, or undefined. While a recording is played its own keys come first. */
export function bindingFor(key: string, place: Place, replay = false): Binding | undefined {
  const fitting = KEYMAP.filter((one) => one.keys.includes(key) && one.places.includes(place));
  return (replay ? fitting.find((one) => one.only === 'replay') : undefined) ?? fitting.find((one) => one.only !== 'replay');
}

/** Bindings of a place, for its help. */
export function bindingsOf(place: Place): Binding[] {
  return KEYMAP.filter((one) => one.places.includes(place) && one.keys.length > 0);
}

/** Is a key or command worth showing here: one that would be refused is not. */
export function offered(one: Binding, here: Circumstances): boolean {
  if (here.readOnly && one.changes === true) return false;
  if ((here.replay && one.live === true) || (here.foreign && one.inside === true)) return false;
  return one.only === undefined || here[one.only];
}

/** What the palette offers. */
export function commands(here: Circumstances): Binding[] {
  return KEYMAP.filter((one) => one.command !== undefined && offered(one, here));
}

/** A key's name as people write it. */
export function keyLabel(key: string): string {
  return LABELS[key] ?? key;
}

const LABELS: Record<string, string> = {pageup: 'pgup', pagedown: 'pgdn', shift_tab: 'shift-tab'};
