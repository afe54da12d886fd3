/** Real servers for experiments: what is needed, one way or another, behind one interface. */
export { MissingServerError } from './missing.ts';
export { type Availability, availabilityOf } from './native/provider.ts';
export type { Program, Recipe } from './native/recipe.ts';
export { RECIPES } from './native/recipes.ts';
export { type RenewOptions, type StackOptions, wantedOf } from './provider.ts';
export { type ProxyTarget, TcpProxy } from './proxy/tcp-proxy.ts';
export {
  type FreshData,
  type Needs,
  type Observed,
  type ProviderName,
  SERVER_KINDS,
  type Server,
  type ServerKind,
  ServerStartError,
  UnsupportedError,
} from './server.ts';
export { type Stack, startStack } from './stack.ts';
export { RedisBenchmark } from './tools/redis-benchmark.ts';
export { ToolFolder } from './tools/tool-folder.ts';
