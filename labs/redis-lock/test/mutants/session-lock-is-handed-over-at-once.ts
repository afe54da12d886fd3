/** Disabled: the session. A lock that only a TTL ends is not handed over when its connection closes. */
export { default } from '../../src/variants/token.ts';
