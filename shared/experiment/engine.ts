/** What runs a lab: the engine's shell, for the command line and for tests. */

export { identify, isAlive, type ProcessIdentity } from '@backend-labs/stack/process-identity';
export { LabRuleError } from './define-lab.ts';
export * from './exit-code.ts';
export { parametersOf } from './experiment-result.ts';
export { combineVerdicts } from './judge.ts';
export { type Choice, mutantName } from './selection.ts';
export { type LoadedLab, loadLab, loadLabs } from './shell/load-lab.ts';
export { startReaper } from './shell/reaper.ts';
export { clearLeftovers, type Leftovers } from './shell/run-folder.ts';
export { type RunEvent, type RunOptions, runLab } from './shell/run-lab.ts';
export { RunServers } from './shell/run-servers.ts';
export { ServiceStartError } from './shell/service-start-error.ts';
export { startStand } from './shell/stand.ts';
export { sourcesHash } from './sources.ts';
