import type {LogRule} from '../rule.ts';

/** What databases answer, through drivers and through Django. */
export const databaseRules: LogRule[] = [
  {
    rule: 'database-locked',
    severity: 'error',
    by: 'error',
    match: /OperationalError: .*database (?:table )?is locked/,
    cause: 'SQLite lets one connection write at a time, and another one kept the lock for longer than this one waited.',
    remedy: 'Keep transactions short, use journal_mode=WAL and a longer timeout, or a database server if many requests write.',
  },
  {
    rule: 'database-table-missing',
    severity: 'error',
    by: 'error',
    match: /no such table: (\S+)|relation "([^"]+)" does not exist|Table '([^']+)' doesn't exist/,
    cause: (found) =>
      `The database has no table "${found[1] ?? found[2] ?? found[3]}": migrations were not run, or it is another database than meant.`,
    remedy: 'Run the migrations (Django: manage.py migrate); with a relative path to SQLite, see --working-directory.',
  },
  {
    rule: 'database-read-only',
    severity: 'error',
    by: 'error',
    match: /attempt to write a readonly database/,
    cause: 'The daemon process may read the SQLite file but not write it, or not write into its folder.',
    remedy: 'Let the user of --user write both the file and its folder: SQLite makes a journal beside it.',
  },
  {
    rule: 'database-not-opened',
    severity: 'error',
    by: 'error',
    match: /unable to open database file/,
    cause: 'The SQLite file cannot be opened: its folder does not exist, or the daemon process may not enter or write it.',
    remedy: 'Give its absolute path, and let the user of --user write the folder.',
  },
  {
    rule: 'database-thread',
    severity: 'error',
    by: 'error',
    match: /SQLite objects created in a thread can only be used in that same thread/,
    cause: 'A SQLite connection that was made in one thread is used in another; requests run in many threads.',
    remedy: 'Open a connection for each request or thread (threading.local), not one for the whole module.',
  },
  {
    rule: 'database-constraint',
    severity: 'error',
    by: 'error',
    match: /IntegrityError: /,
    cause: 'The database refused a row that breaks one of its rules, for example the same key twice.',
    remedy: 'Handle the case in the code (get_or_create, ON CONFLICT): two requests at once can both find it missing.',
  },
];
