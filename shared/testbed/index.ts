/** What the tests of a lab stand on: servers, services, waits, recordings. Nothing that a run measures imports it. */
export { benchContextOf, hasEnded, startedChildren } from './bench.ts';
export { type AskOptions, ask, json } from './http.ts';
export { type K6Run, k6At, runK6 } from './k6.ts';
export { loadReportOf, type MadeUpRequest } from './load-report.ts';
export { listening, recordingLogger } from './recordings.ts';
export { startServers } from './servers.ts';
export { listen, startProcess } from './services.ts';
export { until, within } from './waits.ts';
