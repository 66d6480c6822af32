/** Something that stands in the way of starting, or will hurt later. One line for people: what, why, what to do. */
export interface Problem {
  severity: 'error' | 'warning';
  text: string;
}

export const failure = (text: string): Problem => ({severity: 'error', text});
export const warning = (text: string): Problem => ({severity: 'warning', text});
