import {CapacityMeter, type CapacityOptions} from '../diagnose/capacity.ts';
import type {Diagnosis} from '../model/diagnosis.ts';
import type {Bus} from './bus.ts';

/** Milliseconds between two looks at the figures, and between two events that differ only in them. */
const EVERY = 1000;
const FIGURES_EVERY = 15_000;

/** Puts capacity advice on the bus, when it changes. Returns the function that ends it. */
export function watchCapacity(bus: Bus, options: Partial<CapacityOptions> = {}): () => void {
  const meter = new CapacityMeter(options);
  let said = '';
  let saidAt = 0;
  let figures = '[]';
  const timer = setInterval(() => {
    const now = Date.now();
    meter.see(bus.state(), now);
    const advice = meter.advice();
    const [what, exactly] = [advice.map(gist).join('\n'), JSON.stringify(advice)];
    if (what === said && (exactly === figures || now - saidAt < FIGURES_EVERY)) return;
    [said, figures, saidAt] = [what, exactly, now];
    bus.put({type: 'advice', advice});
  }, EVERY);
  timer.unref();
  return () => clearInterval(timer);
}

/** What makes it another piece of advice: numbers in the remedy move with every second. */
function gist({rule, place}: Diagnosis): string {
  return `${rule} ${place?.file ?? ''}:${place?.line ?? ''}`;
}
