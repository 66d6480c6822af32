/** Puts the dashboard on a pair of streams: the real terminal's, or those of a test. */
import {render, type Instance} from 'ink';
import {RowPrinter} from '../src/terminal/row-printer.ts';
import type {DashboardStore} from './store/dashboard-store.ts';
import {Dashboard} from './Dashboard.tsx';
import {Printer} from './printer.ts';

export function mountDashboard(store: DashboardStore, stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream): Instance {
  const printer = new RowPrinter();
  const output = printer.through(stdout);
  const tree = (
    <Printer value={printer}>
      <Dashboard store={store} />
    </Printer>
  );
  return render(tree, {
    stdin,
    stdout: output,
    stderr: output,
    exitOnCtrlC: false,
    patchConsole: false,
    // Whoever starts a dashboard has a terminal, whatever the environment says about a CI.
    interactive: true,
    alternateScreen: true,
    incrementalRendering: true,
    maxFps: 30,
  });
}
