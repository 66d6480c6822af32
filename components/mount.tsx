/** Puts the dashboard on a pair of streams: the real terminal's, or those of a test. */
import {render, type Instance} from 'ink';
import type {DashboardStore} from './store/dashboard-store.ts';
import {Dashboard} from './Dashboard.tsx';

export function mountDashboard(store: DashboardStore, stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream): Instance {
  return render(<Dashboard store={store} />, {
    stdin,
    stdout,
    stderr: stdout,
    exitOnCtrlC: false,
    patchConsole: false,
    // Whoever starts a dashboard has a terminal, whatever the environment says about a CI.
    interactive: true,
    alternateScreen: true,
    incrementalRendering: true,
    maxFps: 30,
  });
}
