import { describe, expect, it } from 'vitest';
import { renderHtml } from '../html/index.ts';
import { renderPlots } from '../plot/index.ts';
import { madeUpClaim, madeUpExperiment, madeUpResult, madeUpVariant } from './made-up-result.ts';

const whole = async (result = madeUpResult()) => renderHtml(result, await renderPlots(result));
const ATTACK = `"'><script>alert(1)</script><img src=x onerror=alert(2)>`;

describe('the HTML report', () => {
  it('states the prediction before what was measured', async () => {
    const page = await whole();
    expect(page.indexOf('λ·T = 30 calls')).toBeGreaterThan(0);
    expect(page.indexOf('31.3 calls')).toBeGreaterThan(page.indexOf('λ·T = 30 calls'));
  });

  it('puts the verdict before everything else, in words', async () => {
    const page = await whole();
    const verdict = page.indexOf('<span class="badge holds">✔ holds</span>');
    expect(verdict).toBeGreaterThan(0);
    expect(verdict).toBeLessThan(page.indexOf('<main>'));
  });

  it('refers to nothing outside itself and runs nothing', async () => {
    const page = await whole();
    expect(page).not.toMatch(/<script|<iframe|<object|@import|javascript:|\son\w+=/i);
    const addresses = [...page.matchAll(/\b(?:src|href|action|srcset|poster|xlink:href)\s*=\s*["']?([^"'\s>]*)/g)].map(
      (one) => one[1] ?? '',
    );
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) expect(address).toMatch(/^(#|data:,)/);
    for (const [, target] of page.matchAll(/url\(([^)]*)\)/g)) expect(target).toMatch(/^#/);
    expect(page).toContain('default-src &#39;none&#39;');
  });

  it('points only at places that it has', async () => {
    const page = await whole();
    for (const [, id] of page.matchAll(/href="#([^"]*)"/g)) expect(page).toContain(` id="${id}"`);
  });

  it('escapes every text of a result, wherever it stands', async () => {
    const claim = madeUpClaim('bounded', {
      id: ATTACK,
      statement: ATTACK,
      property: ATTACK,
      variant: ATTACK,
      control: ATTACK,
      predicted: ATTACK,
      measured: ATTACK,
      controlMeasured: ATTACK,
      reason: ATTACK,
      evidence: [ATTACK],
      decides: false,
      spread: { unit: ATTACK, min: 1, median: 2, max: 3, repeats: 3 },
    });
    const variant = madeUpVariant(ATTACK, {
      error: ATTACK,
      facts: { [ATTACK]: ATTACK },
      selfChecks: [{ name: ATTACK, ok: false, expected: ATTACK, measured: ATTACK }],
      timeline: [
        { fault: ATTACK, trigger: ATTACK, askedAtMs: 1, effectiveAtMs: 2, healAskedAtMs: null, healedAtMs: null },
      ],
    });
    const experiment = madeUpExperiment({
      name: ATTACK,
      question: ATTACK,
      parameters: { [ATTACK]: 1 },
      plots: [{ series: 'gateway.open', title: ATTACK, unit: ATTACK }],
      variants: [variant],
      claims: [claim],
    });
    const page = await whole(
      madeUpResult({
        lab: ATTACK,
        question: ATTACK,
        commit: ATTACK,
        sources: { hash: ATTACK, dirty: true },
        provider: { [ATTACK]: ATTACK },
        versions: { [ATTACK]: ATTACK },
        machine: { cpu: ATTACK, cores: 1, memoryBytes: 1, os: ATTACK },
        experiments: [experiment],
      }),
    );
    expect(page.length).toBeGreaterThan(10_000);
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<img');
    // An attribute's value ends at the next double quote: none of the attack's may be a bare one.
    expect(page.replaceAll('&quot;', '').replaceAll('&#39;', '')).not.toContain(`"'>`);
  });

  it('has its headings in order and a scope on every head of a table', async () => {
    const page = await whole();
    const levels = [...page.matchAll(/<h([1-6])/g)].map((match) => Number(match[1]));
    expect(levels[0]).toBe(1);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.slice(1).forEach((level, index) => {
      expect(level - (levels[index] as number)).toBeLessThanOrEqual(1);
    });
    expect(page).toContain('<th scope="col">');
    expect(page).not.toMatch(/<th(?! scope=)[ >]/);
    expect(page).toMatch(/<html lang="en">/);
    for (const [svg] of page.matchAll(/<svg [^>]*>.{20}/g)) expect(svg).toMatch(/role="img".*<title/);
  });

  it('says plainly what went wrong, and opens the checks that failed', async () => {
    const selfChecks = [{ name: 'clocks', ok: false, expected: 'within 250 ms', measured: '3,000 ms apart' }];
    const variants = [madeUpVariant('none', { selfChecks }), madeUpVariant('timeout', { error: 'it exited' })];
    const page = await whole(madeUpResult({ experiments: [madeUpExperiment({ variants })] }));
    expect(page).toContain('none: self-check failed: clocks: expected within 250 ms, measured 3,000 ms apart');
    expect(page).toContain('timeout did not run to its end: it exited');
    expect(page).toMatch(/<details open>\n<summary>1 of 2 failed/);
  });

  it('says what the run was made of', async () => {
    const page = await whole(madeUpResult({ sources: { hash: 'feedfeedfeedfeed', dirty: true }, interrupted: true }));
    for (const said of [
      'Example CPU',
      'node v26.0.0',
      'commit 0123456789ab',
      'sources feedfeedfeed',
      'not committed',
      'interrupted',
    ]) {
      expect(page).toContain(said);
    }
  });

  it('is the same bytes for the same result', async () => {
    expect(await whole()).toBe(await whole());
  });
});
