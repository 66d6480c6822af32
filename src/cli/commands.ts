import {enableCompileCache} from 'node:module';

/** Runs one command. Each one's file is loaded only when it is asked for: the start path stays short. */
export async function run([name, ...rest]: string[]): Promise<void> {
  enableCompileCache();
  if (name === 'start-server') return (await import('./start-server.ts')).startServer(rest);
  if (name === 'attach') return (await import('./attach.ts')).attach(rest);
  return (await import('./usage.ts')).usage(name);
}
