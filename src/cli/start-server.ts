import {discover, httpdCommand, parseStartServer, planServer, preflight, removeServerRoot, writeServerRoot, helpText, bannerLines, currentHost, UsageError} from '../express/index.ts';
