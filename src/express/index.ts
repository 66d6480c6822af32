/** Options in, server root out. The one way into this folder for the rest of the program. */
export {bannerLines} from './banner.ts';
export {addsModWsgi} from './config/logging.ts';
export {type Discovery, discover, type Found} from './discovery/discover.ts';
export {effectiveOptions} from './effective.ts';
export {helpText} from './help.ts';
export {currentHost, type Host} from './host.ts';
export {type HttpdCommand, httpdCommand} from './httpd-command.ts';
export {parseStartServer, type ParsedStart, type StartOptions} from './parse.ts';
export {planServer} from './plan/plan-server.ts';
export type {PlanPaths, ServerPlan} from './plan/server-plan.ts';
export {checkPorts, portsForGuard} from './preflight/port.ts';
export {preflight, prepareServer, type Prepared} from './preflight/preflight.ts';
export {checkScript} from './preflight/script.ts';
export type {Problem} from './problem.ts';
export {keepCompiledPython} from './server-root/compiled-python.ts';
export {releaseServerRoot, removeServerRoot, writeServerRoot} from './server-root/write-server-root.ts';
export {UsageError} from './usage-error.ts';
