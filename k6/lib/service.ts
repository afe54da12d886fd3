/** What every script does before its load: see that the service is there. */
import exec from 'k6/execution';
import http from 'k6/http';

/** Ends the run with k6's exit code 108 if `url` is not ready. Without it, thousands of lines say the same. */
export function expectReady(url: string): void {
  const { status, error } = http.get(`${url}/health/ready`, { timeout: '5s' });
  if (status === 200) return;
  const seen = status === 0 ? error : `it answered ${status}`;
  exec.test.abort(`no service is ready at ${url} (${seen}); start it, or say where it is with -e GATEWAY_URL=...`);
}
