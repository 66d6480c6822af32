import {connectDeck, type ConnectOptions} from '../control/client.ts';
import {reach} from '../control/reach.ts';
import type {Instance} from '../instance/instances/instance.ts';
import {resolveInstance} from '../instance/instances/resolve-instance.ts';
import type {Deck} from '../model/deck.ts';

/** A running server, found and connected to. */
export interface OpenDeck {
  instance: Instance;
  deck: Deck;
  close(): Promise<void>;
}

/**
 * Finds the server that a word names and connects to it: to its supervisor, or, where it has none of ours, to an observation of it that is made for
 * the occasion.
 * @throws Error in one line.
 */
export async function openDeck(which: string | undefined | Instance, options: ConnectOptions): Promise<OpenDeck> {
  const instance = typeof which === 'object' ? which : await resolveInstance(which);
  if (instance.kind === 'ours') {
    if (instance.controlSocket === undefined) throw new Error(`${instance.name}: ${instance.problem ?? 'its supervisor does not listen'}`);
    const deck = await connectDeck(reach(instance.controlSocket).socket, options).catch((error: Error) => {
      throw new Error(`${instance.name}: ${error.message}`);
    });
    return {instance, deck, close: async () => deck.end()};
  }
  const {observe} = await import('../instance/observed/attach.ts');
  const observed = await observe(instance, {readOnly: options.readOnly ?? false});
  try {
    const deck = await connectDeck(observed.socket, options);
    return {
      instance,
      deck,
      async close() {
        deck.end();
        await observed.close();
      },
    };
  } catch (error) {
    await observed.close();
    throw error;
  }
}
