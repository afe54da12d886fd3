/** Cannot connect. */
export default async function open(): Promise<never> {
  throw new Error('no broker at made-up:1');
}
