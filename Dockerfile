# One image for the services of all labs. They differ by command only; see labs/*/compose.yaml.
#
#   docker build -t backend-labs .
#
# Not `pnpm deploy`: it copies our packages into node_modules, where Node strips no types. So the workspace is copied
# as it is, with pnpm's links, and the code that runs in the container is the code that one reads.

ARG NODE_IMAGE=node:26.10.0-slim

FROM ${NODE_IMAGE} AS pnpm
WORKDIR /opt/pnpm
# The lock that ./lab uses as well: one place says which pnpm.
COPY shared/bootstrap/pnpm/package.json shared/bootstrap/pnpm/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

# What an install depends on, and nothing else, so that an edited source does not install anew.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name 'pnpm-*.yaml' -delete

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY --from=pnpm /opt/pnpm /opt/pnpm
COPY --from=manifests /app ./
# For the labs and what they use: the command line and its plots stay out. The lock is trusted as it was committed: to
# check again how old each package is, pnpm would fetch many times their size.
RUN CI=true pnpm_config_trust_lockfile=true node /opt/pnpm/node_modules/pnpm/bin/pnpm.mjs install --frozen-lockfile \
  --prod --ignore-scripts --filter '{./labs/*}...' --store-dir /tmp/pnpm-store --reporter=append-only

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
# Owned by root, run by another user: a service cannot change its own code.
COPY --from=packages /app ./
COPY . .
USER node
# One request to the service's own route for it; the slim image has no curl.
HEALTHCHECK --interval=3s --timeout=2s --start-period=30s --retries=3 CMD ["node", "-e", \
  "require('node:http').get({ host: '127.0.0.1', port: process.env.PORT, path: '/health/ready' }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
