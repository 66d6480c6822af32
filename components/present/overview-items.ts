import type {Concern} from '../../src/model/select-attention.ts';
import type {Snapshot} from '../store/snapshot.ts';
import {concernsOf} from './concerns.ts';

export type OverviewItem = {key: string; concern: Concern} | {key: string; request: string};

/** What can be selected on the overview, from top to bottom: concerns that lead somewhere, then the requests. */
export function overviewItems(s: Pick<Snapshot, 'state' | 'now' | 'ui'>): OverviewItem[] {
  const concerns = concernsOf(s).filter((one) => one.opens !== null);
  return [
    ...concerns.map((concern) => ({key: `!${concern.key}`, concern})),
    ...s.state.requests.map((one) => ({key: one.id, request: one.id})),
  ];
}

/** The one that is selected: the worst concern, until something else was chosen. */
export function selectedItem(s: Pick<Snapshot, 'state' | 'now' | 'ui'>): OverviewItem | undefined {
  const items = overviewItems(s);
  return items.find((one) => one.key === s.ui.selected.item) ?? items[0];
}
