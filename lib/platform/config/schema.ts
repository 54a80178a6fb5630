import { z } from 'zod'

/** One setting: its type, its default, and the prose that docs/config.md and config.example.toml carry. */
export type Key<T = unknown> = { type: z.ZodType<T>; default: T; prose: string; secret: boolean }

const key = <T>(type: z.ZodType<T>, byDefault: T, prose: string): Key<T> => ({
  type,
  default: byDefault,
  prose,
  secret: false,
})
/** A value that must reach neither a log nor an answer. The first run writes a random one where `generated` is named in first-run.ts. */
const secret = (type: z.ZodType<string>, prose: string): Key<string> => ({
  ...key(type, '', prose),
  secret: true,
})

const count = z.int().min(1)
const port = z.int().min(0).max(65_535)
const text = z.string()
const seconds = z.number().positive()
/** Where something on the web is; written small, since https is recognised by its first letters. No secret in it: addresses are shown and logged. */
const webAddress = z
  .url({ protocol: /^https?$/, error: 'an address such as "https://chat.example.org"' })
  .regex(/^https?:[^?#@]*$/, 'an address in small letters, without "?", "#" and "@"')
/** Also tells a key that is cut short, which would still sign, and be guessed. */
const signingKey = z
  .string()
  .regex(/^(?:[A-Za-z0-9_-]{43})?$/, '43 characters of base64url, as the first start makes them')
const fingerprint = z
  .string()
  .regex(/^(?:(?:[\da-f]{2}:?){31}[\da-f]{2})?$/i, '64 hex digits, with or without colons')
const hostAndPort = z
  .string()
  .regex(/^(?:(?:\[[\da-f:.]+\]|[^\s:[\]]+):\d{1,5})?$/i, 'an address and a port: "127.0.0.1:9464"')
/** As browsers and Galene take it, of which both refuse a whole list for one bad address: stun; turn over UDP or TCP; turns over TLS. */
const iceUrl = z
  .string()
  .regex(
    /^(?!stun:.*\?|turns:.*=udp)(?:stun|turns?):(?:\[[\da-f:.]+\]|[a-z\d.-]+)(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?$/,
    'an address such as "stun:turn.example.org:3478" or "turns:turn.example.org:5349?transport=tcp"',
  )
/** An address or a network in CIDR notation. */
const network = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  'an address such as "127.0.0.1" or a network such as "10.0.0.0/8"',
)

/** Every setting of Pyrite, once. Sections are TOML tables; `PYRITE_SECTION_KEY` in the environment overrides each. */
export const CONFIG = {
  workspace: {
    name: key(
      text.min(1).max(80),
      'Pyrite',
      'What people see at the top left and on the sign-in page.',
    ),
    loads_per_second: key(
      z.number().positive(),
      1,
      'Times one person may load the whole workspace each second, over all their tabs.',
    ),
    loads_burst: key(
      count,
      40,
      'Loads one person may ask for at once before the rate counts: all tabs load when the server comes back.',
    ),
  },
  server: {
    host: key(
      text.min(1),
      '127.0.0.1',
      'Address to listen on. "0.0.0.0" or "::" opens it to the network: put TLS in front.',
    ),
    port: key(port, 8080, 'Port to listen on; 0 takes any free one.'),
    public_url: key(
      z.union([z.literal(''), webAddress]),
      '',
      'The address people type, such as "https://chat.example.org". Empty: http://localhost:PORT. With https the cookie is Secure.',
    ),
    allowed_origins: key(
      z.array(webAddress),
      [],
      'Further origins whose pages may use this server, each like "https://intranet.example.org".',
    ),
    trusted_proxies: key(
      z.array(network),
      [],
      'Addresses or networks of reverse proxies whose X-Forwarded-For and -Proto are believed, such as "127.0.0.1".',
    ),
    shutdown_seconds: key(seconds, 5, 'How long a stop waits for requests in flight.'),
  },
  log: {
    level: key(
      z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']),
      'info',
      'Least severe level that is written.',
    ),
    format: key(
      z.enum(['auto', 'json', 'text']),
      'auto',
      '"text" for people, "json" for machines, "auto": text on a terminal.',
    ),
  },
  database: {
    path: key(
      text.min(1),
      'data/pyrite.db',
      'The SQLite file. A relative path counts from the folder of config.toml.',
    ),
  },
  auth: {
    session_days: key(
      z.number().positive().max(400),
      30,
      'Days without a visit after which a session ends.',
    ),
    sign_in_attempts: key(
      count,
      10,
      'Failed sign-ins from one address before the wait begins. A name takes ten times as many from all addresses together, in ten times the window.',
    ),
    sign_in_window_seconds: key(
      seconds,
      300,
      'How long failed sign-ins are remembered, in seconds.',
    ),
    hashing_at_once: key(
      count,
      2,
      'Password hashes computed at the same time; more would slow chat down.',
    ),
  },
  channels: {
    creations_per_minute: key(
      z.number().positive(),
      6,
      'Channels one person may create each minute.',
    ),
    creations_burst: key(
      count,
      20,
      'Channels one person may create at once before the rate counts.',
    ),
    changes_per_second: key(
      z.number().positive(),
      5,
      'How often each second one person may change channels and who is in them.',
    ),
    changes_burst: key(count, 100, 'Such changes at once before the rate counts.'),
  },
  moderation: {
    acts_per_second: key(
      z.number().positive(),
      1,
      'Acts of moderation of one person each second: kick, ban, time out, lock, mute, and lifting.',
    ),
    acts_burst: key(count, 30, 'Such acts at once before the rate counts.'),
  },
  chat: {
    posts_per_second: key(
      z.number().positive(),
      10,
      'Messages one person may post each second, over all their tabs.',
    ),
    posts_burst: key(count, 30, 'Messages one person may post at once before the rate counts.'),
  },
  socket: {
    max_frame_bytes: key(count, 65_536, 'Largest frame a browser may send on /ws, in bytes.'),
    messages_per_second: key(
      z.number().positive(),
      50,
      'Frames one connection may send each second on /ws.',
    ),
    messages_burst: key(
      count,
      200,
      'Frames one connection may send at once before the rate counts.',
    ),
    max_buffered_bytes: key(
      count,
      4_194_304,
      'Bytes that may wait for one slow reader on /ws before it is closed.',
    ),
    heartbeat_seconds: key(
      seconds,
      20,
      'Seconds between heartbeats on /ws; two missed ones close the connection.',
    ),
    connections_per_person: key(count, 20, 'Workspace connections one person may hold.'),
    connections: key(count, 10_000, 'Workspace connections this server holds.'),
  },
  metrics: {
    listen: key(
      hostAndPort,
      '',
      'Own address for /metrics, such as "127.0.0.1:9464". Empty: on the public port, with the token.',
    ),
    token: secret(text, 'Bearer token for /metrics on the public port. Empty: not served there.'),
  },
  sfu: {
    url: key(
      z.union([z.literal(''), webAddress]),
      '',
      'Your Galene, such as "http://127.0.0.1:8443". Empty: a galene on this machine is run, or else the built-in SFU.',
    ),
    galene_binary: key(
      text,
      '',
      'The galene to run when url is empty. Empty: the one on the PATH. "none": always the built-in SFU.',
    ),
    groups_dir: key(
      text.min(1),
      'data/groups',
      "Galene's group folder, shared with the Galene that url names.",
    ),
    data_dir: key(text.min(1), 'data/sfu', 'Where a supervised SFU keeps what it needs.'),
    signing_key: secret(
      signingKey,
      'Private key (P-256 scalar, base64url) of the tokens that let people into calls. Keep it; it never leaves this server.',
    ),
    token_audience: key(
      text,
      '',
      'The host that Galene calls itself (canonicalHost), if it has one.',
    ),
    max_frame_bytes: key(count, 1_048_576, 'Largest frame on /sfu, in bytes; Galene takes 1 MiB.'),
    messages_per_second: key(
      z.number().positive(),
      100,
      'Frames one connection may send each second on /sfu.',
    ),
    messages_burst: key(
      count,
      400,
      'Frames one connection may send at once before the rate counts.',
    ),
    bytes_per_second: key(
      count,
      262_144,
      'Bytes one person may send each second on /sfu, over all connections, and two of the largest frames at once: the others get them all.',
    ),
    max_buffered_bytes: key(
      count,
      4_194_304,
      'Bytes that may wait for one slow reader on /sfu before it is closed.',
    ),
    connections_per_person: key(count, 10, 'Call connections one person may hold.'),
    connections: key(count, 9_000, 'Call connections this server holds.'),
    handshake_seconds: key(seconds, 15, 'Time a call connection has to send its handshake.'),
    connect_seconds: key(seconds, 5, 'Time Galene has to accept a connection.'),
    max_clients: key(count, 100, 'Participants one call may hold.'),
  },
  galene: {
    sync: key(
      z.enum(['files', 'api', 'off']),
      'files',
      'How the Galene that sfu.url names learns of channels: "files" in sfu.groups_dir, its admin "api", or "off": by hand (pyrite galene print).',
    ),
    api_user: key(
      text,
      '',
      'For sync = "api": a user of Galene\'s data/config.json with the permission "admin"; "writableGroups" must be true there.',
    ),
    api_password: secret(text, "That user's password."),
    ca_file: key(
      text,
      '',
      'For an https sfu.url: a PEM file with the one authority that may have signed its certificate. Empty: the public ones.',
    ),
    certificate_sha256: key(
      fingerprint,
      '',
      'For an https sfu.url: the SHA-256 fingerprint of its certificate, in hex, which then needs no authority. For self-signed ones.',
    ),
    stock_client: key(
      z.boolean(),
      false,
      "People may also open a channel's call in Galene's own page, signing in with their name and password here. Not through the bridge: docs/galene.md says what then holds. Needs sfu.url and server.public_url.",
    ),
    stock_client_url: key(
      z.union([z.literal(''), webAddress]),
      '',
      'Where browsers find Galene\'s own pages, such as "https://galene.example.org:8443". Empty: at sfu.url.',
    ),
    recordings_dir: key(
      text,
      '',
      "The folder of your Galene's -recordings, where this machine sees it: recordings are listed and served from there. A supervised Galene needs none.",
    ),
    recordings_user: key(
      text,
      '',
      'A user with a password and the permission "record" in each group of a Galene elsewhere: recordings come from its /recordings/. Empty: from the folder.',
    ),
    recordings_password: secret(text, 'The password of recordings_user.'),
    ice_file: key(
      text,
      '',
      'For a Galene that sfu.url names: its data/ice-servers.json, for Pyrite to keep. Empty: it is left alone. A supervised SFU has its own.',
    ),
    ice_urls: key(
      z.array(iceUrl),
      [],
      'STUN and TURN servers for calls, such as "stun:turn.example.org" and "turn:turn.example.org?transport=udp".',
    ),
    ice_secret: secret(
      text,
      "The TURN servers' shared secret (coturn: use-auth-secret and static-auth-secret), from which passwords that expire are made.",
    ),
    ice_ttl_seconds: key(
      z.int().min(3_600).max(86_400),
      86_400,
      'How long those passwords are good: longer than your longest calls. 86400: Galene makes them from the secret; less: Pyrite makes and renews them.',
    ),
  },
  builtin: {
    loopback: key(
      z.boolean(),
      false,
      'Use 127.0.0.1 for media as well: for tests on one machine only.',
    ),
    public_address: key(
      text,
      '',
      'The address browsers reach this machine at, when it is not one of its own (behind NAT).',
    ),
    udp_port: key(
      port,
      0,
      'The one UDP port for media; 0 takes a free one. Open it in your firewall.',
    ),
    max_participants: key(count, 16, 'Participants one call may hold on the built-in SFU.'),
    max_streams: key(count, 300, 'Streams forwarded at once, over all calls.'),
    streams_per_person: key(count, 4, 'Streams one participant may publish.'),
  },
} as const

type Sections = typeof CONFIG
type Writable = {
  [S in keyof Sections]: {
    [K in keyof Sections[S]]: Sections[S][K] extends Key<infer T> ? T : never
  }
}
/** The settings in force: frozen, complete, and already checked. Paths are absolute. */
export type Config = { readonly [S in keyof Writable]: Readonly<Writable[S]> }
