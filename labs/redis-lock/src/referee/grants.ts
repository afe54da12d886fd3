/**
 * Who had a key, from when until when: a replay of what a node was told. Pure.
 *
 * MONITOR shows commands and not their answers. Most answers follow from the state: a SET NX succeeded if and only if
 * nobody had the key; SETNX likewise; a plain SET takes the key from whoever has it, or extends it if it has the same
 * value already; PEXPIRE and EXPIRE extend; DEL and UNLINK end, whoever sends them; a script's commands count as they
 * ran, its own line does not. A grant ends by itself when its time to live is over.
 *
 * Within UNCERTAIN_MS of that moment a SET NX cannot be told by time: the node compares whole milliseconds of a clock
 * that it reads once per turn. Then the first of these that applies decides:
 *   1. A script ran later for the same token (it is among the script's arguments) and extended or removed the key:
 *      it was granted. Such a script looks before it acts.
 *   2. The same token tried again later: it was refused. A holder does not ask for what it has.
 *   3. Another one tried while it would have held, and was granted by rule 1: it was refused.
 *   4. It was granted. So the first of several that could all have been it wins, and the others find the key taken.
 * What rule 4 can get wrong is one that was refused, gave up at that very moment, and was followed by nobody while it
 * would have held: a grant too many, and nobody's. Times to live have to be well above UNCERTAIN_MS, 20 ms at least.
 *
 * A node that was away and came back without the key had forgotten it: its grant ends when the node went away.
 * Invariant: two grants of one key on one node never overlap; what overlaps is what their holders think.
 * Not seen: who took a key while the node was not watched. Commands are replayed in the order given, so a node whose
 * clock is set back has to be given in the order it was seen.
 * Read next: effects.ts (which command does what), ../../test/grants.test.ts (each rule with an example).
 */
import { type Effect, effectsOf } from './effects.ts';
import type { Gap, SeenCommand } from './monitor.ts';

export const UNCERTAIN_MS = 3;

export interface Grant {
  node: number;
  key: string;
  /** The value of the key. */
  token: string;
  fromMs: number;
  /** When it was released, taken, or over; Infinity for a key without a time to live. By the node's clock. */
  untilMs: number;
}

type SetEffect = Effect & { kind: 'set' };
type Step = Effect | { kind: 'gap'; atMs: number; fromMs: number; isKeyThere: boolean };

/** The grants of all nodes and keys, by the time at which they began. */
export function grantsOf(commands: readonly SeenCommand[], gaps: readonly Gap[] = []): Grant[] {
  const nodes = [...new Set(commands.map(({ node }) => node))];
  const grants = nodes.flatMap((node) => {
    const effects = effectsOf(commands.filter((seen) => seen.node === node));
    const away = gaps.filter((gap) => gap.node === node);
    const keys = new Set(effects.flatMap(({ key }) => key ?? []));
    const byKey = Map.groupBy(effects, ({ key }) => key);
    const forAll = byKey.get(null) ?? [];
    return [...keys].flatMap((key) => {
      const own = [...(byKey.get(key) ?? []), ...forAll].map(({ effect }) => effect);
      const absences = away.map(({ fromMs, untilMs, keys: there }) => {
        return { kind: 'gap' as const, atMs: untilMs, fromMs, isKeyThere: there.includes(key) };
      });
      // Nothing to merge: the order in which they were seen stays as it is.
      if (forAll.length + absences.length === 0) return replay(node, key, own);
      return replay(
        node,
        key,
        [...own, ...absences].sort((a, b) => a.atMs - b.atMs),
      );
    });
  });
  return grants.sort((a, b) => a.fromMs - b.fromMs);
}

function replay(node: number, key: string, steps: readonly Step[]): Grant[] {
  const grants: Grant[] = [];
  let holder: Grant | null = null;
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'gap') {
      if (holder !== null && !step.isKeyThere) holder.untilMs = Math.min(holder.untilMs, step.fromMs);
      if (!step.isKeyThere) holder = null;
      continue;
    }
    // What is certainly over holds nothing any more.
    if (holder !== null && step.atMs > holder.untilMs + UNCERTAIN_MS) holder = null;
    if (step.kind === 'set') {
      if (holder !== null && !isGranted(steps, index, step, holder)) continue;
      if (holder === null && step.condition !== 'always' && step.condition !== 'free') continue;
      if (holder !== null && holder.token === step.token && step.condition !== 'free') {
        holder.untilMs = step.untilMs ?? holder.untilMs;
        continue;
      }
      if (holder !== null) holder.untilMs = Math.min(holder.untilMs, step.atMs);
      const untilMs: number = step.untilMs ?? holder?.untilMs ?? Number.POSITIVE_INFINITY;
      holder = { node, key, token: step.token, fromMs: step.atMs, untilMs };
      grants.push(holder);
    } else if (holder !== null && isMet(step, holder)) {
      const endsNow = step.kind === 'remove' || step.untilMs <= step.atMs;
      holder.untilMs = endsNow ? Math.min(holder.untilMs, step.atMs) : step.untilMs;
      if (endsNow) holder = null;
    }
  }
  return grants;
}

/** Whether an extension or a removal finds what it asks for; `holder` has not been over for more than UNCERTAIN_MS. */
function isMet(effect: Effect, holder: Grant): boolean {
  if (typeof effect.condition === 'object') return effect.condition.token === holder.token;
  // A script for this token has looked: the key was there.
  return effect.atMs < holder.untilMs || effect.kind === 'remove' || isFor(effect, holder.token);
}

/** Whether a SET is carried out, while `holder` has the key or has had it until a moment ago. */
function isGranted(steps: readonly Step[], index: number, effect: SetEffect, holder: Grant): boolean {
  if (effect.condition === 'always') return true;
  if (typeof effect.condition === 'object') return effect.condition.token === holder.token;
  if (effect.condition === 'held') return effect.atMs < holder.untilMs;
  if (effect.atMs < holder.untilMs - UNCERTAIN_MS) return false;
  const next = nextOf(steps, index, effect.token);
  if (next === 'confirmed') return true;
  return next !== 'tried again' && !hasConfirmedRival(steps, index, effect);
}

/** What is seen next of a token that has tried for the key. */
function nextOf(steps: readonly Step[], index: number, token: string): 'confirmed' | 'tried again' | 'nothing' {
  for (let at = index + 1; at < steps.length; at++) {
    const step = steps[at] as Step;
    if (isTry(step) && step.token === token) return 'tried again';
    if (step.kind !== 'gap' && !isTry(step) && isFor(step, token)) return 'confirmed';
  }
  return 'nothing';
}

function hasConfirmedRival(steps: readonly Step[], index: number, effect: SetEffect): boolean {
  const untilMs = effect.untilMs ?? Number.POSITIVE_INFINITY;
  for (let at = index + 1; at < steps.length; at++) {
    const step = steps[at] as Step;
    if (step.atMs >= untilMs - UNCERTAIN_MS || step.kind === 'remove' || step.kind === 'gap') return false;
    if (isTry(step) && step.token !== effect.token && nextOf(steps, at, step.token) === 'confirmed') return true;
  }
  return false;
}

const isTry = (step: Step): step is SetEffect => step.kind === 'set' && step.condition === 'free';

/** Whether it was part of a script that was run for this token. */
const isFor = (effect: Effect, token: string) => effect.scriptArguments?.includes(token) ?? false;
