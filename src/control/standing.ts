import type {Command, ConfigView, Query, QueryResults} from '../model/commands.ts';

/**
 * What a client may do. `full`: everything. `read-only`: it wanted no more, or the server was started with --read-only. `viewer`: it came through the
 * socket of --view-group, so it is another user, who is shown less as well.
 */
export type Standing = 'full' | 'read-only' | 'viewer';

/** Commands that only look. Taking stacks asks the processes something and changes nothing; `replay` is refused by every live server anyway. */
const LOOKING = new Set<Command['type']>(['cadence', 'stacks', 'replay']);
/** The application's source and the terminal of its debugger may hold anything; who may only look is not shown them. */
const PRIVATE = new Set<Query['type']>(['source', 'terminal']);

/** Why a command is refused, in one line; null when it is not. @param serverPid for a server that nobody may act on. */
export function refusedCommand(standing: Standing, command: Command, serverPid: number | null): string | null {
  if (standing === 'full' || LOOKING.has(command.type)) return null;
  if (standing === 'viewer')
    return `not permitted: this server belongs to another user, and its view group may only look (${command.type})`;
  return serverPid === null
    ? `this connection is read-only; connect without --read-only to ${command.type}`
    : `this server was started with --read-only: ${command.type} is not possible from here; signals to its supervisor (pid ${serverPid}) still work`;
}

/** The same for a query. */
export function refusedQuery(standing: Standing, query: Query): string | null {
  return standing === 'viewer' && PRIVATE.has(query.type) ? `the view group is not shown the ${query.type}` : null;
}

/** What is given out of an answer. The configuration holds what the application is told in its environment: passwords, often. */
export function shownTo(standing: Standing, query: Query, result: QueryResults[keyof QueryResults]): QueryResults[keyof QueryResults] {
  return standing === 'viewer' && query.type === 'config' ? withoutSecrets(result as ConfigView) : result;
}

function withoutSecrets({options, file}: ConfigView): ConfigView {
  const masked = options.map((one) =>
    /env|auth|proxy|password|secret/.test(one.name) && one.given ? {...one, value: '(not shown)'} : one,
  );
  return {options: masked, file, lines: [], error: 'the view group is not shown the configuration file'};
}
