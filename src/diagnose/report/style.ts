/** The look of the page: readable on a phone, in the dark, and printed. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #888; --error: #c0392b; --warn: #b7791f; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; border-left: .4rem solid var(--warn); padding-left: .7rem; overflow-wrap: anywhere; }
h1.error { border-color: var(--error); }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } h4 { margin: 1rem 0 .2rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1.2rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
pre { overflow-x: auto; background: #8881; padding: .7rem; font-size: 13px; line-height: 1.45; }
.card { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .9rem; margin: .5rem 0; } .card p { margin: .2rem 0; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .15rem .8rem .15rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
small { color: var(--soft); } summary { cursor: pointer; padding: .3rem 0; overflow-wrap: anywhere; }
.emerg, .alert, .crit, .error { color: var(--error); } h1.error { color: inherit; } .warn { color: var(--warn); } h1.warn { color: inherit; }
@media print { details:not([open]) > * { display: block; } pre { white-space: pre-wrap; } }
`;
