/** Every URL prefix and upgrade path of this server, and who answers it. One list, so that nothing is served by accident. */
export const ENDPOINTS = {
  '/api/openapi.json': 'app/openapi.ts: the API, described',
  '/api/session': 'features/auth: sign in, who am I, sign out, my password',
  '/api/sessions': 'features/auth: my devices',
  '/api/users': 'features/users: people',
  '/api/admin': 'features/admin: how calls stand, for admins',
  '/api/workspace': 'app/workspace.ts: everything the first screen needs',
  '/api/channels':
    'features/channels, features/chat, features/moderation, features/calls, features/recordings, features/whip',
  '/whip': 'features/whip: devices that publish into calls, with a key',
  '/galene': "features/stock-client: Galene's own page, where galene.stock_client is on",
  '/healthz': 'platform/http/probes.ts',
  '/readyz': 'platform/http/probes.ts',
  '/metrics': 'platform/http/probes.ts, with the token',
  '/ws': 'upgrade: platform/ws/connections.ts, the workspace protocol',
  '/sfu': 'upgrade: sfu/galene, the bridge',
  '/': 'platform/http/static.ts: the client',
} as const
