/** What a lab.ts needs, and nothing that starts a process: importing it is free of side effects. */
export { defineLab, experiment } from './define-lab.ts';
export * from './faults.ts';
export type * from './lab.ts';
export { acknowledgedIds, reconcileIds } from './ledger.ts';
export * from './observation.ts';
export * from './properties.ts';
export { readable } from './statistics.ts';
export { warmUpWithGets } from './warm-up.ts';
