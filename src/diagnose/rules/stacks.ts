import type {Diagnosis} from '../../model/diagnosis.ts';

export interface FramePattern {
  file?: RegExp;
  func?: RegExp;
  source?: RegExp;
  /** What the kernel says of the thread, where it was asked; then only the innermost frame is meant, which made the call into C. */
  kernel?: RegExp;
}

/** A call of a database's driver, as programs write it; `with connection:` commits at its end. */
const QUERY =
  /\.(?:execute|executemany|executescript|commit|rollback|fetchall|fetchmany|fetchone)\s*\(|^\s*with\s+[\w.]*(?:conn|connection|db|database)\s*:/;

/** One thing that a thread can be seen doing by the innermost frames of its stack. C functions have no frame: the line that calls them tells. */
export interface StackRule {
  rule: string;
  severity: Diagnosis['severity'];
  /** Any of these in a frame between the innermost and the application's own one (included). */
  match: readonly FramePattern[] | 'recursion';
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
    // Measured: SQLite's own busy handler sleeps between its tries. No other driver does, and one of a server waits for its socket.
    rule: 'stack-sqlite-lock',
    severity: 'error',
    match: [{source: QUERY, kernel: /\bin (?:clock_)?nanosleep\b/}],
    short: 'it waits for a lock of SQLite',
    cause: 'The thread waits for the lock of a SQLite file, which another transaction holds: it sleeps and tries again until its timeout.',
    remedy:
      'Find the open transaction: s shows what the other threads are at, lslocks which other process has locked the file. Commit soon, and wait for nothing in between; with journal_mode=WAL readers need not wait.',
  },
  {
    rule: 'stack-query-computes',
    severity: 'warn',
    match: [{source: QUERY, kernel: /^running\b/}],
    short: 'it computes a query',
    cause: 'The thread computes a query itself, as SQLite and other databases without a server do: it reads more rows than it should.',
    remedy: 'Ask for its plan (EXPLAIN QUERY PLAN) and give it an index, or ask for less.',
  },
  {
    rule: 'stack-row-lock',
    severity: 'error',
    match: [
      {
        source:
          /\bFOR\s+(?:NO\s+KEY\s+)?UPDATE\b|\bFOR\s+(?:KEY\s+)?SHARE\b|\bLOCK\s+(?:IN\s+SHARE\s+MODE|TABLES?)\b|\bGET_LOCK\s*\(|\bpg_advisory_(?:xact_)?lock|\b(?:select_for_update|with_for_update)\s*\(/i,
      },
    ],
    short: 'it asks the database for a lock',
    cause:
      'The thread asks the database for a lock (FOR UPDATE, LOCK TABLE, an advisory lock) and waits, most likely for the transaction that holds it.',
    remedy:
      'See who holds it: in PostgreSQL pg_blocking_pids(pid) of pg_stat_activity, in MySQL information_schema.innodb_trx; ask with NOWAIT or SKIP LOCKED, or set lock_timeout (innodb_lock_wait_timeout).',
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
    // Measured with psycopg 3: a lock and a slow query look the same, as Python and as the kernel see them. psycopg2 has no frames of its own.
    rule: 'stack-postgres',
    severity: 'warn',
    match: [{file: /\/(?:psycopg2?|psycopg_pool|asyncpg|pg8000|django\/db\/backends\/postgresql)\//}],
    short: 'it waits for PostgreSQL',
    cause: 'The thread waits for PostgreSQL: for a lock that another transaction holds, or for a slow query; the stack cannot tell which.',
    remedy:
      'Ask: SELECT pid, state, wait_event_type, pg_blocking_pids(pid), query FROM pg_stat_activity. "Lock" is a lock, and who holds it is often "idle in transaction"; set lock_timeout and statement_timeout.',
  },
  {
    // The same, measured with PyMySQL and MySQLdb.
    rule: 'stack-mysql',
    severity: 'warn',
    match: [{file: /\/(?:pymysql|MySQLdb|mysql\/connector|aiomysql|django\/db\/backends\/mysql)\//}],
    short: 'it waits for MySQL',
    cause:
      'The thread waits for MySQL or MariaDB: for a lock that another transaction holds, or for a slow query; the stack cannot tell which.',
    remedy:
      'Ask: SELECT * FROM information_schema.innodb_trx. LOCK WAIT is a lock, the oldest RUNNING one holds it most likely; SHOW FULL PROCESSLIST has slow queries. A lock is waited for up to innodb_lock_wait_timeout (50 s).',
  },
  {
    rule: 'stack-database',
    severity: 'warn',
    match: [
      {file: /\/(?:oracledb|cx_Oracle|pyodbc|pymongo|redis|sqlalchemy|django\/db)\//},
      {source: /\.(?:execute|executemany|executescript|commit|fetchall|fetchone)\(/},
    ],
    short: 'it waits for the database',
    cause:
      'The thread waits for the database: for a lock that another transaction holds, or for a slow query; the stack cannot tell which.',
    remedy:
      "Only the database's side tells: pg_stat_activity with pg_blocking_pids() in PostgreSQL, information_schema.innodb_trx and SHOW FULL PROCESSLIST in MySQL; set a timeout for locks and for statements there.",
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
