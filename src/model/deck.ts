/**
 * The one interface between a screen and a server. A client on the control socket implements it; so will a replayed recording and a
 * remote host. Screens know nothing else.
 */
import type {Command, CommandResult, Query, QueryResults} from './commands.ts';
import type {InstanceState} from './state.ts';

export interface Deck {
  /** The newest state; a new object whenever something changed. */
  state(): InstanceState;
  /** Called (at most once a tick of the event loop) after the state changed; returns the function that ends it. */
  subscribe(listener: () => void): () => void;
  /** Never rejects for reasons of the far side: those come back as `ok: false` with the reason. */
  send(command: Command): Promise<CommandResult>;
  /** Rejects when the connection is gone or the query is refused. */
  ask<Q extends Query>(query: Q): Promise<QueryResults[Q['type']]>;
  /** The far side takes no commands from here: the server, the socket or this client itself is read-only. Known with the first state. */
  readonly readOnly?: boolean;
  /** Grows with each message of the far side; absent where it cannot fall silent. */
  heard?(): number;
  /** Pid of the process on the far side, as it has said itself; undefined until it has. */
  peer?(): number | undefined;
  /** Set when the far side is gone; the reason in one line. */
  closed(): string | null;
}
