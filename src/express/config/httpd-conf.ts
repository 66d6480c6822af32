import type {ServerPlan} from '../plan/server-plan.ts';
import {accessSection} from './access.ts';
import {capacitySection, header, modulesSection, networkSection, serverSection} from './basics.ts';
import {daemonSection, handlerSection} from './daemon.ts';
import {livePagesAccess, livePagesSection} from './live-pages.ts';
import {loggingSection} from './logging.ts';
import {namesSection} from './names.ts';
import {proxiesSection} from './proxies.ts';
import {servicesSection} from './services.ts';
import {telemetrySection} from './telemetry.ts';
import {aliasesSection, docsSection, documentsSection, environSection, handlersSection, includesSection} from './url-space.ts';
import {virtualHostSection} from './virtual-hosts.ts';

/** In this order: modules first, because Apache knows a directive only once its module is loaded. */
const SECTIONS = [
  header,
  namesSection,
  modulesSection,
  serverSection,
  networkSection,
  capacitySection,
  loggingSection,
  daemonSection,
  documentsSection,
  docsSection,
  livePagesSection,
  aliasesSection,
  handlersSection,
  accessSection,
  livePagesAccess,
  telemetrySection,
  proxiesSection,
  environSection,
  virtualHostSection,
  handlerSection,
  servicesSection,
  includesSection,
];

/** The whole httpd.conf. */
export function httpdConf(plan: ServerPlan): string {
  return SECTIONS.map((build) => build(plan))
    .filter((text) => text !== '')
    .join('\n');
}
