import type {OptionSpec} from './option.ts';

const text = {type: 'string', arity: 1, default: null, area: 'access'} as const;

/** Who may use the server. */
export const accessOptions = [
  {
    ...text,
    flags: ['--host-access-script'],
    dest: 'hostAccessScript',
    metavar: 'SCRIPT-PATH',
    help: 'Python script that decides by allow_access(environ, host) who gets in.',
    directive: 'WSGIAccessScript',
    since: '4.4.1',
  },
  {
    ...text,
    flags: ['--auth-user-script'],
    dest: 'authUserScript',
    metavar: 'SCRIPT-PATH',
    help: 'Ask for a user and a password; this Python script checks them: check_password(environ, user, password), or get_realm_hash(environ, user, realm) for Digest.',
    directive: 'WSGIAuthUserScript',
    since: '4.3.0',
  },
  {
    flags: ['--auth-type'],
    dest: 'authType',
    metavar: 'BASIC|DIGEST',
    default: 'Basic',
    help: 'How the password travels.',
    directive: 'AuthType, AuthBasicProvider, AuthDigestProvider',
    since: '4.3.0',
    type: 'string',
    arity: 1,
    area: 'access',
    choices: ['Basic', 'Digest'],
  },
  {
    ...text,
    flags: ['--auth-group-script'],
    dest: 'authGroupScript',
    metavar: 'SCRIPT-PATH',
    help: 'Let only members of a group in; this Python script tells the groups of a user: groups_for_user(environ, user).',
    directive: 'WSGIAuthGroupScript',
    since: '4.3.0',
  },
  {
    flags: ['--auth-group'],
    dest: 'authGroup',
    metavar: 'NAME',
    default: 'wsgi',
    help: 'The group that is let in.',
    directive: 'Require wsgi-group',
    since: '4.3.0',
    type: 'string',
    arity: 1,
    area: 'access',
  },
] as const satisfies readonly OptionSpec[];
