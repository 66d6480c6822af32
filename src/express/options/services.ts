import type {OptionSpec} from './option.ts';

const pair = {type: 'string', arity: 2, repeatable: true, default: [], area: 'services'} as const;

/** Python programs that run beside the application, each in a process of its own. */
export const serviceOptions = [
  {
    ...pair,
    flags: ['--service-script'],
    dest: 'serviceScripts',
    metavar: 'SERVICE SCRIPT-PATH',
    help: 'A Python script to keep running, under a name.',
    directive: 'WSGIDaemonProcess threads=0, WSGIImportScript',
    since: '4.4.7',
  },
  {
    ...pair,
    flags: ['--service-user'],
    dest: 'serviceUsers',
    metavar: 'SERVICE USERNAME',
    help: 'User that runs the service, when the command is given by root.',
    directive: 'WSGIDaemonProcess user=',
    since: '4.4.7',
  },
  {
    ...pair,
    flags: ['--service-group'],
    dest: 'serviceGroups',
    metavar: 'SERVICE GROUP',
    help: 'Group that runs the service, when the command is given by root.',
    directive: 'WSGIDaemonProcess group=',
    since: '4.4.7',
  },
  {
    ...pair,
    flags: ['--service-log-file'],
    dest: 'serviceLogFiles',
    metavar: 'SERVICE FILE-NAME',
    help: 'A log of its own for the service, in the log directory.',
    directive: 'VirtualHost, ErrorLog',
    since: '4.4.11',
  },
] as const satisfies readonly OptionSpec[];
