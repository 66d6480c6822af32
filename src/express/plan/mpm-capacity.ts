/** How many connections Apache itself serves at once, and in how many processes and threads. */
export interface MpmCapacity {
  prefork: {maxClients: number; start: number; minSpare: number; maxSpare: number};
  /** For the event and worker MPMs. Spare figures are threads. */
  threaded: {maxClients: number; servers: number; threadsPerChild: number; start: number; minSpare: number; maxSpare: number};
}

interface Wanted {
  processes: number | null;
  threads: number;
  maxClients: number | null;
  initialWorkers: number | null;
  minimumSpareWorkers: number | null;
  maximumSpareWorkers: number | null;
  embeddedMode: boolean;
}

const atLeastOne = (value: number): number => Math.max(1, Math.trunc(value));

/**
 * The original's arithmetic, so that the same options give the same server: checked against the configuration that
 * mod_wsgi-express 6.1.1 writes (test/unit/express-capacity.test.ts).
 */
export function mpmCapacity(wanted: Wanted): MpmCapacity {
  const requests = (wanted.processes ?? 1) * wanted.threads;
  if (wanted.embeddedMode) return embeddedCapacity(wanted.processes ?? 1, wanted.threads);
  const clients = wanted.maxClients === null ? 10 + Math.max(10, Math.trunc(1.5 * requests)) : Math.max(wanted.maxClients, requests);

  const shares = (initial: number, most: number) => {
    const start = wanted.initialWorkers ?? initial;
    return {start, min: wanted.minimumSpareWorkers ?? start, max: wanted.maximumSpareWorkers ?? most};
  };
  const few = shares(0.05, 0.1);
  const many = shares(0.2, 0.6);

  // Above 20 clients they are spread evenly over processes of fewer than 20 threads.
  const threadsPerChild = clients > 20 ? Math.trunc(clients / (Math.trunc(clients / 20) + 1)) : 10;
  const servers = Math.ceil(clients / threadsPerChild);
  const spareThreads = (share: number) => Math.max(threadsPerChild, Math.trunc(share * servers) * threadsPerChild);

  return {
    prefork: {
      maxClients: clients,
      start: atLeastOne(few.start * clients),
      minSpare: atLeastOne(few.min * clients),
      maxSpare: atLeastOne(few.max * clients),
    },
    threaded: {
      maxClients: servers * threadsPerChild,
      servers,
      threadsPerChild,
      start: atLeastOne(many.start * servers),
      minSpare: spareThreads(many.min),
      maxSpare: spareThreads(many.max),
    },
  };
}

/** Where Apache's own processes run the application: as many of them, with as many threads, as daemon processes would be. All are there from the start. */
function embeddedCapacity(servers: number, threads: number): MpmCapacity {
  const maxClients = servers * threads;
  const spare = {minSpare: maxClients, maxSpare: maxClients};
  return {
    prefork: {maxClients, start: maxClients, ...spare},
    threaded: {maxClients, servers, threadsPerChild: threads, start: servers, ...spare},
  };
}
