/**
 * The native provider: real servers as processes of this machine, without Docker and without root.
 *
 * A program is taken from PATH, else from `.lab/tools/`, else fetched there with the ordinary client of its kind.
 * Invariant: servers start side by side; if one does not start, the others are ended by whoever asked (stack.ts).
 * Read next: recipe.ts, server-process.ts.
 */

import { type Started, type StartServers, wantedOf } from '../provider.ts';
import { watchUntilExit } from '../reaper/reaper.ts';
import { type ServerKind, UnsupportedError } from '../server.ts';
import { findOnPath } from '../tools/on-path.ts';
import { ToolFolder } from '../tools/tool-folder.ts';
import { AdjustableClock } from './adjustable-clock.ts';
import type { Program, Recipe } from './recipe.ts';
import { RECIPES } from './recipes.ts';
import { NativeServer, type NativeServerOptions } from './server-process.ts';

export const startNative: StartServers = async (options, started) => {
  const { folder, stateFolder, log, onSpawn = watchUntilExit, signal } = options;
  const tools = new ToolFolder({ stateFolder, log, onSpawn });
  const all = wantedOf(options.needs).map(async ({ kind, count }) => {
    const recipe = RECIPES[kind];
    const program = await provideProgram(recipe, tools, signal);
    const version = await recipe.version(program, signal);
    const servers = Array.from({ length: count }, async (_, index) => {
      const name = `${kind}-${index + 1}`;
      started(await startOne({ recipe, program, version, name, folder, tools, signal, onSpawn }));
    });
    await allOrFirstError(servers);
  });
  await allOrFirstError(all);
};

async function startOne(options: NativeServerOptions): Promise<Started> {
  const server = await NativeServer.start(options);
  return {
    server,
    async renew({ adjustableClock = false }) {
      const { clock: _of, ...plain } = options;
      const renewed = adjustableClock ? { ...plain, clock: await clockFor(options) } : plain;
      await server[Symbol.asyncDispose]();
      await server.discard();
      return startOne(renewed);
    },
  };
}

function clockFor({ recipe, name, tools, signal }: NativeServerOptions): Promise<AdjustableClock> {
  if (recipe.readClockMs !== undefined) return AdjustableClock.provide(name, tools, signal);
  throw new UnsupportedError(`${name} cannot have an adjustable clock: only redis can`);
}

/** The program, fetched if need be. */
export async function provideProgram(recipe: Recipe, tools: ToolFolder, signal: AbortSignal): Promise<Program> {
  return (await recipe.find(tools)) ?? recipe.fetch(tools, signal);
}

/** How a server of a kind can be had without Docker. Starts and fetches nothing. */
export type Availability =
  | { state: 'there'; origin: string }
  | { state: 'fetched on first use'; downloadBytes: number; fetchedWith: string[] }
  | { state: 'missing'; ways: readonly string[] };

export async function availabilityOf(kind: ServerKind, tools: ToolFolder): Promise<Availability> {
  const { find, fetchedWith, downloadBytes, ways } = RECIPES[kind];
  const program = await find(tools);
  if (program !== null) return { state: 'there', origin: program.origin };
  const clients = fetchedWith.map((group) => group.find((name) => findOnPath(name) !== null));
  const found = clients.filter((client) => client !== undefined);
  if (found.length < clients.length) return { state: 'missing', ways };
  return { state: 'fetched on first use', downloadBytes, fetchedWith: found };
}

/** Waits for all of them, also after one has failed: what still starts must be handed over before it can be ended. */
async function allOrFirstError(running: readonly Promise<void>[]): Promise<void> {
  for (const one of await Promise.allSettled(running)) if (one.status === 'rejected') throw one.reason;
}
