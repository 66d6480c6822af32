import {expect, test} from 'vitest';
import {mpmCapacity} from '../../src/express/plan/mpm-capacity.ts';

const NONE = {
  processes: null,
  threads: 5,
  maxClients: null,
  initialWorkers: null,
  minimumSpareWorkers: null,
  maximumSpareWorkers: null,
  embeddedMode: false,
};

// Read off the configuration that mod_wsgi-express 6.1.1 wrote for these options.
test.each([
  [
    {},
    {maxClients: 20, start: 1, minSpare: 1, maxSpare: 2},
    {maxClients: 20, servers: 2, threadsPerChild: 10, start: 1, minSpare: 10, maxSpare: 10},
  ],
  [
    {threads: 1},
    {maxClients: 20, start: 1, minSpare: 1, maxSpare: 2},
    {maxClients: 20, servers: 2, threadsPerChild: 10, start: 1, minSpare: 10, maxSpare: 10},
  ],
  [
    {processes: 2, threads: 15},
    {maxClients: 55, start: 2, minSpare: 2, maxSpare: 5},
    {maxClients: 72, servers: 4, threadsPerChild: 18, start: 1, minSpare: 18, maxSpare: 36},
  ],
  [
    {processes: 4, threads: 25},
    {maxClients: 160, start: 8, minSpare: 8, maxSpare: 16},
    {maxClients: 170, servers: 10, threadsPerChild: 17, start: 2, minSpare: 34, maxSpare: 102},
  ],
  [
    {maxClients: 300},
    {maxClients: 300, start: 15, minSpare: 15, maxSpare: 30},
    {maxClients: 306, servers: 17, threadsPerChild: 18, start: 3, minSpare: 54, maxSpare: 180},
  ],
  [
    {maxClients: 3},
    {maxClients: 5, start: 1, minSpare: 1, maxSpare: 1},
    {maxClients: 10, servers: 1, threadsPerChild: 10, start: 1, minSpare: 10, maxSpare: 10},
  ],
  [
    {maxClients: 21},
    {maxClients: 21, start: 1, minSpare: 1, maxSpare: 2},
    {maxClients: 30, servers: 3, threadsPerChild: 10, start: 1, minSpare: 10, maxSpare: 10},
  ],
  [
    {maxClients: 64, initialWorkers: 0.5, minimumSpareWorkers: 0.3, maximumSpareWorkers: 0.9},
    {maxClients: 64, start: 32, minSpare: 19, maxSpare: 57},
    {maxClients: 64, servers: 4, threadsPerChild: 16, start: 2, minSpare: 16, maxSpare: 48},
  ],
])('%j', (wanted, prefork, threaded) => {
  expect(mpmCapacity({...NONE, ...wanted})).toEqual({prefork, threaded});
});
