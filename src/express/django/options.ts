import type {OptionSpec, ValuesOf} from '../options/option.ts';

const area = 'application';
const flag = {type: 'flag', arity: 0, default: false, area} as const;
const text = {type: 'string', arity: 1, default: null, area} as const;
const base = {directive: 'none: passed to Django', since: '4.1.0'} as const;
const ours = {directive: 'none', since: 'wsgideck'} as const;

/** What `runmodwsgi` takes beyond the options of `start-server`: Django's own base options, and ours. */
export const djangoOptions = [
  {
    ...text,
    ...base,
    flags: ['--settings'],
    dest: 'settings',
    metavar: 'MODULE',
    help: 'The settings module, in place of the one that manage.py or DJANGO_SETTINGS_MODULE names.',
  },
  {
    ...text,
    ...base,
    flags: ['--pythonpath'],
    dest: 'pythonpath',
    metavar: 'DIRECTORY-PATH',
    help: "A directory to put first on Python's module path.",
  },
  {
    ...text,
    ...ours,
    flags: ['--manage-py'],
    dest: 'managePy',
    metavar: 'FILE-PATH',
    help: "The project's manage.py. The nearest one, from the current directory upwards, when left out.",
  },
  {
    ...flag,
    ...ours,
    flags: ['--collectstatic'],
    dest: 'collectstatic',
    help: "Run Django's collectstatic before the start.",
  },
  {
    ...flag,
    ...ours,
    flags: ['--no-static'],
    dest: 'noStatic',
    help: 'Leave static files to the application: no alias from STATIC_URL to STATIC_ROOT.',
  },
  {
    ...base,
    // Django's short form; the table has no other name of one letter.
    flags: ['--verbosity', '-v' as '--v'],
    dest: 'verbosity',
    type: 'int',
    arity: 1,
    metavar: 'LEVEL',
    default: 1,
    range: [0, 3],
    area,
    help: 'How much collectstatic prints, from 0 to 3.',
  },
  {
    ...flag,
    ...base,
    flags: ['--traceback'],
    dest: 'traceback',
    help: 'When the settings cannot be loaded, show all of what Python says.',
  },
  {...flag, ...base, flags: ['--no-color'], dest: 'noColor', hidden: true, help: 'Passed to collectstatic.'},
  {...flag, ...base, flags: ['--force-color'], dest: 'forceColor', hidden: true, help: 'Passed to collectstatic.'},
  {...flag, ...base, flags: ['--skip-checks'], dest: 'skipChecks', hidden: true, help: 'Passed to collectstatic.'},
] as const satisfies readonly OptionSpec[];

/** Parsed values of them, by `dest`. */
export type DjangoValues = ValuesOf<typeof djangoOptions>;
