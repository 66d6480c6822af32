import type {Diagnosis} from '../../model/diagnosis.ts';

/** One thing that a thread can be seen doing by the innermost frames of its stack. C functions have no frame: the line that calls them tells. */
export interface StackRule {
  rule: string;
  severity: Diagnosis['severity'];
  /** Any of these in a frame between the innermost and the application's own one (included). */
  match: readonly {file?: RegExp; func?: RegExp; source?: RegExp}[] | 'recursion';
  /** In a few words, to stand after a colon. */
  short: string;
  cause: string;
  remedy: string;
}

/** The first that fits is meant. */
export const stackRules: readonly StackRule[] = [
  {
    rule: 'stack-import-lock',
    severity: 'warn',
    match: [{file: /importlib\._bootstrap>$/, func: /^(?:acquire|__enter__|_get_module_lock|_lock_unlock_module)$/}],
    short: 'it waits for an import',
    cause: 'The thread waits for a module that another thread is importing.',
    remedy: 'Import at the head of the file, not in a function; no module may wait for a thread while it is being imported.',
  },
  {
    rule: 'stack-recursion',
    severity: 'error',
    match: 'recursion',
    short: 'a function calls itself without end',
    cause: 'A function calls itself, directly or through others, hundreds of levels deep.',
    remedy: 'Look for the case that should end it: an object that contains itself, or a parent that is its own child.',
  },
  {
    rule: 'stack-regex',
    severity: 'error',
    match: [
      {file: /\/(?:re|sre_\w+)\.py$|\/re\/\w+\.py$/},
      {
        source:
          /(?:\bre|\b\w*(?:pattern|regex|regexp|_re|_RE|PATTERN|REGEX))\.(?:match|fullmatch|search|sub|subn|split|findall|finditer)\(/,
      },
      // Hardly anything else has methods of these names.
      {source: /\w\.(?:fullmatch|match|finditer|subn)\(/},
    ],
    short: 'a regular expression',
    cause:
      'A regular expression is being matched; one with nested repetition can take for ever on some input, and keeps the interpreter meanwhile.',
    remedy: 'Rewrite it without repetition inside of repetition, such as (a+)+, or limit the length of what it is given.',
  },
  {
    rule: 'stack-foreign-call',
    severity: 'warn',
    match: [{file: /\/ctypes\/\w+\.py$/}, {source: /\b(?:ctypes|PyDLL|CDLL|cffi|ffi|libc|LIBC)\b/}],
    short: 'a call into C',
    cause: 'The thread is inside a C function that the line calls through ctypes or cffi.',
    remedy: 'PyDLL keeps the GIL during calls, CDLL lets it go; C code that takes long should run in another process.',
  },
  {
    rule: 'stack-subprocess',
    severity: 'warn',
    match: [{file: /\/subprocess\.py$/}, {source: /\bos\.(?:waitpid|wait|system)\(/}],
    short: 'it waits for another program',
    cause: 'The thread waits for a program that it has started.',
    remedy: 'Give it a timeout: subprocess.run(..., timeout=10); see Processes for what the program does.',
  },
  {
    rule: 'stack-sqlite',
    severity: 'error',
    match: [
      {file: /\/(?:django\/db\/backends\/sqlite3|sqlite3)\/\w+\.py$/},
      {source: /\b\w*sqlite\w*\b.*\.execute\w*\(|execute\w*\(\s*["'](?:BEGIN\b|PRAGMA\b)/i},
    ],
    short: 'SQLite',
    cause: 'The thread waits in SQLite, which lets one connection write at a time: another one has the lock.',
    remedy: 'Keep transactions short, use journal_mode=WAL, or a database server if many requests write.',
  },
  {
    rule: 'stack-database',
    severity: 'warn',
    match: [
      {file: /\/(?:psycopg2?|pymysql|MySQLdb|mysql\/connector|oracledb|cx_Oracle|pyodbc|pymongo|redis|asyncpg|sqlalchemy|django\/db)\//},
      {source: /\.(?:execute|executemany|executescript|commit|fetchall|fetchone)\(/},
    ],
    short: 'it waits for the database',
    cause: 'The thread waits for the database: a slow query, or a lock that another transaction holds.',
    remedy: "See the running queries and locks on the database's side; set a statement timeout there.",
  },
  {
    rule: 'stack-connect',
    severity: 'warn',
    match: [{file: /\/socket\.py$/, func: /^create_connection$/}, {source: /\.connect(?:_ex)?\(/}],
    short: 'it connects to another server',
    cause: 'The thread waits for a connection to another server, which does not answer.',
    remedy: 'Check that server and the network; give the call a timeout of a few seconds.',
  },
  {
    rule: 'stack-request-body',
    severity: 'warn',
    match: [{source: /wsgi\.input|\b(?:wsgi_input|input_stream|request\.(?:body|stream|files|form))\b/}],
    short: 'it reads the body of its request',
    cause: 'The thread waits for the rest of the request from a client that sends slowly.',
    remedy: '--body-timeout and --body-min-rate say how slow a client may be.',
  },
  {
    rule: 'stack-socket',
    severity: 'warn',
    match: [
      {file: /\/socket\.py$/, func: /^(?:readinto|recv\w*|accept|sendall)$/},
      {file: /\/ssl\.py$/, func: /^(?:read|recv\w*|recv_into|do_handshake|write|send\w*)$/},
      {source: /\.(?:recv|recv_into|recvfrom|accept)\(/},
      {file: /\/(?:http\/client|urllib\/request|smtplib|ftplib|imaplib)\.py$/},
    ],
    short: 'it waits for an answer over the network',
    cause: 'The thread waits for an answer of another server over the network, and nothing says how long it may.',
    remedy: 'Give the call a timeout, for example urlopen(url, timeout=5) or requests.get(url, timeout=5).',
  },
  {
    rule: 'stack-logging',
    severity: 'warn',
    match: [{file: /\/logging\/\w+\.py$/, func: /^(?:acquire|handle|emit|flush)$/}],
    short: 'it writes a log line',
    cause: 'The thread waits to write a log line: one handler writes at a time, and its goal is slow.',
    remedy: 'Log to a file or to the error log, and use logging.handlers.QueueHandler for slow goals.',
  },
  {
    rule: 'stack-queue',
    severity: 'warn',
    match: [{file: /\/queue\.py$/, func: /^(?:get|put|join)$/}],
    short: 'it waits at a queue',
    cause: 'The thread waits at a queue for another thread that does not come.',
    remedy: 'See whether the thread on the other side still runs; give get() and put() a timeout.',
  },
  {
    rule: 'stack-future',
    severity: 'warn',
    match: [{file: /\/concurrent\/futures\/\w+\.py$/, func: /^(?:result|exception|wait|as_completed)$/}],
    short: 'it waits for other threads',
    cause: 'The thread waits for the result of work it has given to other threads or processes.',
    remedy: 'See those threads in Stacks; give result() a timeout, and a pool of its own to work that starts work.',
  },
  {
    rule: 'stack-join',
    severity: 'warn',
    match: [{file: /\/threading\.py$/, func: /^(?:join|_wait_for_tstate_lock)$/}, {source: /\bthread\w*\.join\(/i}],
    short: 'it waits for the end of another thread',
    cause: 'The thread waits until another one has ended.',
    remedy: 'See what that one does in Stacks; give join() a timeout.',
  },
  {
    rule: 'stack-lock',
    severity: 'error',
    match: [
      {file: /\/threading\.py$/, func: /^(?:acquire|wait|wait_for|__enter__)$/},
      {source: /\.acquire\(|^\s*with\s+[\w.[\]()]*(?:lock|mutex|semaphore|condition|guard)[\w.[\]()'"]*\s*[:,]/i},
      // Standing at the head of a with statement that calls nothing: it enters what is there already, which is a lock.
      {source: /^\s*with\s+[\w.]+\s*:/},
    ],
    short: 'it waits for a lock',
    cause: 'The thread waits for a lock that another thread holds.',
    remedy: 'See in Stacks which thread is past the same lock; hold it no longer than needed, never during outside calls.',
  },
  {
    rule: 'stack-sleep',
    severity: 'warn',
    match: [{source: /\bsleep\(/}],
    short: 'it sleeps',
    cause: 'The thread sleeps, because the code says so, and is not free for other requests meanwhile.',
    remedy: 'Take the sleep out of the request, or move waiting and retrying into a background task.',
  },
  {
    rule: 'stack-select',
    severity: 'warn',
    match: [{file: /\/(?:selectors|asyncio\/\w+)\.py$/}, {source: /\b(?:select\.select|\.poll)\(/}],
    short: 'it waits for files or sockets',
    cause: 'The thread waits until a file or socket has something for it.',
    remedy: 'See from which line, and give that wait a timeout.',
  },
  {
    rule: 'stack-serialise',
    severity: 'warn',
    match: [
      {file: /\/(?:json|pickle|copy|csv|xml\/\w+|yaml)(?:\/\w+)?\.py$/},
      {source: /\b(?:json|pickle|orjson|ujson|marshal|csv|yaml)\.(?:dumps?|loads?)\(/},
    ],
    short: 'it turns data into text or back',
    cause: 'The thread turns a lot of data into text, or back: work for the processor that keeps the interpreter.',
    remedy: 'Send less at once (pages), or keep the result for the next request.',
  },
];
