/** The open-loop generator: what an experiment, a command or a bench needs to drive load and read what came back. */
export type { Bench, BenchContext, BenchPart, BenchReport, BenchTable } from './bench/contract.ts';
export { monotonicMs } from './clock.ts';
export { type ClosedLoopOptions, type ClosedLoopReport, closedLoop } from './closed-loop.ts';
export { countOutcomes, littlesLawSum } from './columns.ts';
export { achievedRate, describeLoad, isClientBound } from './describe.ts';
export type { GeneratorOptions, LoadGenerator, OpenGenerator } from './generator-process.ts';
export { percentilesOf } from './percentiles.ts';
export * from './plan.ts';
export type { LoadProgress } from './protocol.ts';
export { scheduleOf } from './schedule.ts';
export { openGenerator, startGenerator } from './start-generator.ts';
