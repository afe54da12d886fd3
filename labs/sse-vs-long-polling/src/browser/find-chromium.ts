/** Whether there is a browser to run the page in. Never downloads one. */
import { findOnPath } from '@backend-labs/stack/on-path';

/** In the order in which they are tried. */
export const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'] as const;

/** What kept a browser from being there, and what helps. */
export const NO_CHROMIUM = {
  what: 'Chromium',
  why: `none of ${CHROMIUM_NAMES.join(', ')} is on PATH`,
  ways: ['install Chromium or Google Chrome with what your system installs programs with'],
};

/** The file of the first one on PATH; null if there is none. */
export function findChromium(): string | null {
  return findOnPath(...CHROMIUM_NAMES);
}
