import {dirname, join, resolve} from 'node:path';
import type {RunUser} from '../discovery/accounts.ts';
import type {Host} from '../host.ts';
import type {StartOptions} from '../parse.ts';
import {blockedAt} from '../preflight/reachable.ts';

/** A program that Apache keeps running beside the application, in a daemon process of its own named `service:NAME`. */
export interface ServicePlan {
  name: string;
  /** Absolute path. */
  script: string;
  /** Another user than the application's; null for the same. */
  user: RunUser | null;
  /** Where another user finds the runner and leaves its notes; null for the same user, and where he cannot get there. */
  folder: string | null;
  /** The runner that holds the script back when it fails again and again; null where its user cannot get at one: then the script runs without. */
  runner: string | null;
  /** A log of its own; null when it writes to the error log. */
  log: string | null;
}

/** The name of the service that --enable-telemetry adds. */
export const TELEMETRY_SERVICE = 'telemetry';

/** The value given last for a service, null when there is none. */
export const lastFor = (pairs: readonly (readonly [string, string])[], name: string): string | null =>
  pairs.findLast(([one]) => one === name)?.[1] ?? null;

export function servicePlans(
  options: StartOptions,
  host: Host,
  places: {root: string; deck: string; logDirectory: string; serviceRunner: string; telemetryScript: string},
  users: ReadonlyMap<string, RunUser>,
): ServicePlan[] {
  const scripts: [string, string][] = [
    ...options.serviceScripts,
    ...(options.enableTelemetry ? [[TELEMETRY_SERVICE, places.telemetryScript] satisfies [string, string]] : []),
  ];
  return scripts.map(([name, script]) => {
    const log = lastFor(options.serviceLogFiles, name);
    const user = users.get(name) ?? null;
    const folder = user === null || blockedAt(dirname(places.root), user, 'enter') ? null : join(places.deck, `service-${name}`);
    return {
      name,
      script: resolve(host.cwd, script),
      user,
      folder,
      runner: user === null ? places.serviceRunner : folder && join(folder, 'service.py'),
      log: log === null ? null : join(places.logDirectory, log),
    };
  });
}
