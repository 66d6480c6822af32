import {readFileSync} from 'node:fs';
import {createServer} from 'node:net';

/** So many ports below those that the kernel hands out: no connection and no server that asks for any port takes one of them in between. */
const SPAN = 12_000;
const LOWEST = 10_000;

/** Where the kernel's own ports begin; null where none are left below them. */
function first(): number | null {
  try {
    const [low = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
    return low - SPAN >= LOWEST ? low - SPAN : null;
  } catch {
    return null;
  }
}

/** Each test process goes on from a place of its own. */
let next = Math.floor(Math.random() * SPAN);

/** A port of the loopback interface that nobody listens on, and that nobody else is given. */
export async function freePort(): Promise<number> {
  const from = first();
  if (from === null) return (await tried(0))!;
  for (;;) {
    next = (next + 1) % SPAN;
    const port = await tried(from + next);
    if (port !== null) return port;
  }
}

/** The port when it can be listened on, on all addresses; null when somebody has it. */
async function tried(port: number): Promise<number | null> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) =>
    server.once('error', () => resolve(false)).listen(port, '0.0.0.0', () => resolve(true)),
  );
  if (!free) return null;
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address === null || typeof address === 'string' ? null : address.port;
}
