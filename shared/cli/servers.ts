/**
 * Which servers this machine can give to labs, for `doctor`. Starts and fetches nothing.
 *
 * Read next: ../stack/native/provider.ts.
 */
import { type Availability, availabilityOf, SERVER_KINDS, ToolFolder } from '@backend-labs/stack';
import { formatBytes } from './disk-use.ts';
import { stateFolder } from './folders.ts';

export interface ServerFinding {
  name: string;
  availability: Availability;
}

/** All kinds, in the order of the stack. */
export function inspectServers(): Promise<ServerFinding[]> {
  const tools = new ToolFolder({ stateFolder, log: () => {} });
  return Promise.all(SERVER_KINDS.map(async (name) => ({ name, availability: await availabilityOf(name, tools) })));
}

/** Which of the needed servers cannot be had; one that nobody has heard of cannot. */
export function missingServers(needed: readonly string[], servers: readonly ServerFinding[]): string[] {
  return needed.filter((name) => {
    const found = servers.find((server) => server.name === name);
    return found === undefined || found.availability.state === 'missing';
  });
}

/** One server in words. */
export function describeServer({ availability }: ServerFinding): string {
  switch (availability.state) {
    case 'there':
      return availability.origin;
    case 'fetched on first use':
      return `fetched on first use with ${availability.fetchedWith.join(' and ')}, about ${formatBytes(availability.downloadBytes)}`;
    case 'missing':
      return `MISSING: ${availability.ways.join('; or ')}`;
  }
}
