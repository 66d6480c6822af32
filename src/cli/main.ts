/** Entry of `wsgideck`: picks the command. Each command's file is loaded only when it is asked for: the start path stays short. */
import {enableCompileCache} from 'node:module';

enableCompileCache?.();

const [name, ...rest] = process.argv.slice(2);

switch (name) {
  case 'start-server': {
    const {startServer} = await import('./start-server.ts');
    await startServer(rest);
    break;
  }
  case 'attach': {
    const {attach} = await import('./attach.ts');
    await attach(rest);
    break;
  }
  default: {
    const {usage} = await import('./usage.ts');
    usage(name, rest);
  }
}
