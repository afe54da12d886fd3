/**
 * From a call of `up` to what is to be up, and whether that is what is up already. Starts nothing.
 *
 * Invariant: a mistake in the call is found before anything is started.
 */
import { resolve } from 'node:path';
import type { LoadedLab } from '@backend-labs/experiment/engine';
import type { ProviderName } from '@backend-labs/stack';
import { requireName } from '../nearest.ts';
import { variantFile } from '../variant-file.ts';
import type { UpRequest } from './up-folder.ts';

export interface UpFlags {
  experiment?: string;
  variant?: string;
  stack?: ProviderName;
}

type Lab = Extract<LoadedLab, { problem: null }>;

/** Finds every name. Throws UsageError with the nearest one. */
export function requestOf(lab: Lab, flags: UpFlags): UpRequest {
  const { name, definition } = lab;
  const names = Object.keys(definition.experiments);
  const experiment =
    flags.experiment === undefined
      ? ((definition.runByDefault ?? names)[0] as string)
      : requireName(`experiment of ${name}`, flags.experiment, names);
  const variant = variantOf(lab, experiment, flags.variant);
  // Without a choice: what works everywhere.
  return { lab: name, experiment, ...variant, provider: flags.stack ?? 'native' };
}

function variantOf(lab: Lab, experiment: string, wanted: string | undefined) {
  const { variants } = lab.definition;
  const file = wanted === undefined ? null : variantFile(wanted);
  if (wanted !== undefined && file !== null) return { variant: wanted, variantFile: file };
  const name =
    wanted === undefined
      ? variantByDefault(lab, experiment)
      : requireName(`variant of ${lab.name}`, wanted, Object.keys(variants));
  return { variant: name, variantFile: resolve(lab.folder, variants[name]?.file as string) };
}

/** The one that the lab is about, if this experiment knows it; else the one that its first claim is about. */
function variantByDefault({ definition }: Lab, experiment: string): string {
  const claims = definition.experiments[experiment]?.claims ?? [];
  const all = Object.values(definition.experiments).flatMap((one) => one.claims);
  const headline = all.find(({ id }) => id === definition.headlineClaim)?.variant;
  const known = claims.flatMap((claim) => [claim.variant, claim.control, ...(claim.comparesWith ?? [])]);
  if (headline !== undefined && known.includes(headline)) return headline;
  return claims[0]?.variant ?? (Object.keys(definition.variants)[0] as string);
}

/** What was asked for by name and is not what is up, for a sentence; null if a second `up` changes nothing. */
export function differenceFrom(up: UpRequest, wanted: UpRequest, flags: UpFlags): string | null {
  const differs = [
    flags.experiment !== undefined && wanted.experiment !== up.experiment && `the experiment ${wanted.experiment}`,
    flags.variant !== undefined && wanted.variantFile !== up.variantFile && `the variant ${wanted.variant}`,
    flags.stack !== undefined && wanted.provider !== up.provider && `servers of the ${wanted.provider} kind`,
  ].filter((one) => one !== false);
  return differs.length === 0 ? null : differs.join(' and ');
}
