import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {ControlServer} from '../../control/server.ts';
import {builtAsset} from '../../express/assets.ts';
import {DashboardChild, type DashboardEnd} from '../dashboard-child.ts';
import type {ReplayEngine} from './replay-engine.ts';

/** Milliseconds for the dashboard to leave by itself. */
const PATIENCE = 2000;

/**
 * Shows a recording in the ordinary dashboard, over a control socket of its own that nobody else can open, until the person leaves.
 * @param onSignal hears how to end it from outside.
 * @throws Error in one line when the socket cannot be made.
 */
export async function serveReplay(engine: ReplayEngine, onSignal: (end: () => void) => void): Promise<DashboardEnd> {
  // 0700: what the recording holds is for its owner.
  const folder = mkdtempSync(join(tmpdir(), 'wsgideck-replay-'));
  const socket = join(folder, 'control.sock');
  const server = new ControlServer(engine, socket);
  engine.onJump(() => server.resync());
  try {
    await server.start();
    const child = new DashboardChild(builtAsset('dashboard.mjs'), ['--socket', socket, '--quit', 'detach']);
    onSignal(() => void child.leave(PATIENCE));
    return await child.ended;
  } finally {
    engine.close();
    await server.close();
    rmSync(folder, {recursive: true, force: true});
  }
}
