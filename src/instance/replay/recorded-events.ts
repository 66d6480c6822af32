import type {DeckEvent} from '../../model/events.ts';
import {parse, type Recording} from './recording.ts';
import {checkData, checkEvent} from './schema.ts';

/** The events of a recording from a moment on, in their order; log entries one by one, as live. What makes no sense is left out. */
export async function* recordedEvents(recording: Recording, from: number): AsyncGenerator<DeckEvent> {
  for (const {index, to} of recording.parts) {
    if (to < from) continue;
    const part = await recording.load(index);
    if (part === null) continue;
    const instance = part.key.state.name;
    for (const line of part.lines) {
      if (line.t < from) continue;
      if (line.kind === '+logs') {
        for (const entry of checkData('+logs', parse(line)) ?? []) yield {type: 'log', at: entry.at, instance, entry};
      } else if (!line.kind.startsWith('+')) {
        const event = checkEvent(parse(line));
        if (event !== null) yield event;
      }
    }
  }
}
