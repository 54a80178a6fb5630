import type { Finding, FindingLevel } from '../protocol/admin.ts'
import { LONGEST_RETRY_MS } from '../sfu/galene/groups/groups.ts'

type Entry = { level: Exclude<FindingLevel, 'ok'>; what: string; why: string; fix: string }

/** Everything that a look may find wrong, once: docs/doctor.md is made from it. Codes are stable. */
export const FINDINGS = {
  'not-running': {
    level: 'warning',
    what: 'Pyrite is not running here, and the call server runs only with it.',
    why: 'The call server itself could not be looked at.',
    fix: 'Start Pyrite and run this again.',
  },
  'sfu-unreachable': {
    level: 'problem',
    what: 'The call server does not answer.',
    why: 'Nobody can join a call.',
    fix: 'Start it, compare sfu.url with where it listens (host, port, http or https), and let the firewall there pass its port to this machine.',
  },
  'sfu-certificate': {
    level: 'problem',
    what: 'The certificate of the call server is not to be trusted.',
    why: 'Nobody can join a call: whoever does not prove to be the call server is told nothing.',
    fix: 'If Galene has a new certificate, look at it on its own machine ("A certificate to pin" in docs/galene.md) and write its fingerprint into galene.certificate_sha256. With galene.ca_file or a public certificate, sfu.url takes a name that it holds. If nobody has made a new one, somebody may stand in between.',
  },
  'sfu-no-websocket': {
    level: 'problem',
    what: 'The call server answers, but not as a Galene on /ws.',
    why: 'Nobody can join a call.',
    fix: "Let sfu.url be where Galene itself answers, without a path. 400: it expects https. 403: a proxy between the two changes Host or Origin, and must leave both. 500: see Galene's log. Else the proxy must pass WebSockets on.",
  },
  'sfu-old': {
    level: 'problem',
    what: 'The call server speaks another version of the protocol.',
    why: 'Browsers and Pyrite speak version 2 only.',
    fix: 'Install Galene 1.1 or newer.',
  },
  'sfu-unsupported': {
    level: 'warning',
    what: 'The call server is a version that Pyrite is not tested with.',
    why: 'Things may fail in ways that nobody has looked at, and its known defects stay.',
    fix: 'Install Galene 1.1 or newer.',
  },
  'sfu-plain-http': {
    level: 'warning',
    what: 'Pyrite talks to a call server on another machine without TLS.',
    why: 'Who listens on the way can read the tokens that let people into calls.',
    fix: 'Let Galene run with TLS, write https in sfu.url, and pin its certificate with galene.certificate_sha256.',
  },
  'host-name': {
    level: 'problem',
    what: 'The call server answers for another host name only.',
    why: 'It sends requests elsewhere (301) and refuses every token made for this name.',
    fix: "Set sfu.token_audience to the canonicalHost in Galene's data/config.json, with its port if it names one.",
  },
  'groups-not-shared': {
    level: 'problem',
    what: 'The call server does not see the group files that Pyrite writes.',
    why: 'No channel has a call.',
    fix: 'Let sfu.groups_dir be the folder of Galene\'s -groups. For a Galene on another machine set galene.sync to "api".',
  },
  'groups-not-written': {
    level: 'problem',
    what: 'Pyrite cannot make a group.',
    why: 'New channels get no call, and changes do not reach the call server.',
    fix: "Let sfu.groups_dir be the folder of Galene's -groups, and the account that runs Pyrite write to it and pass the folders above: docs/galene.md has the commands.",
  },
  'api-refused': {
    level: 'problem',
    what: "Pyrite cannot make a group by the call server's admin API.",
    why: 'New channels get no call, and changes do not reach the call server.',
    fix: 'Let data/config.json of Galene hold "writableGroups": true and, under "users", the name and password of galene.api_user and galene.api_password with "permissions": "admin". It must be valid JSON, and Galene\'s user must be able to read it: docs/galene.md has it whole. What stands between the two must pass /galene-api/ on as it is.',
  },
  'group-unreadable': {
    level: 'problem',
    what: 'The call server sees a group of Pyrite, and cannot read it.',
    why: 'Nobody can join a call.',
    fix: "Galene's log names the cause: its user may not read sfu.groups_dir (ls -ld it, and the folders above), its data/config.json has a slip, or it is older than 0.96.",
  },
  'token-refused': {
    level: 'problem',
    what: 'The call server refuses a token that Pyrite has just made.',
    why: 'Nobody can join a call.',
    fix: "First compare the clocks of both machines: five seconds apart is too much. Then sfu.token_audience with Galene's canonicalHost. Galene's log says which.",
  },
  'join-silent': {
    level: 'problem',
    what: 'The call server takes connections, and does not answer a join.',
    why: 'Nobody can join a call.',
    fix: 'It hangs or is overloaded: look at its log and restart it. Behind a proxy, let the proxy not buffer WebSockets.',
  },
  'join-not-tried': {
    level: 'warning',
    what: 'No join was tried.',
    why: 'With galene.sync = "off" Pyrite makes no groups, so it has none to try a join in.',
    fix: 'The page Calls of a running Pyrite says which channels have their group; or join a call yourself. pyrite galene print says what must stand in each group file.',
  },
  'clocks-apart': {
    level: 'problem',
    what: 'The clocks of Pyrite and of the call server are apart.',
    why: 'A token is good for seconds, with five of leeway: joins fail, or will.',
    fix: 'Keep both machines in step, for example with chrony or systemd-timesyncd.',
  },
  'clocks-drift': {
    level: 'warning',
    what: 'The clocks of Pyrite and of the call server begin to drift apart.',
    why: 'From five seconds on joins fail.',
    fix: 'Keep both machines in step, for example with chrony or systemd-timesyncd.',
  },
  'group-failed': {
    level: 'problem',
    what: 'A channel is not in step with the call server.',
    why: 'Its call cannot be joined, or works by old settings.',
    fix: `Mend what the message names; Pyrite tries again by itself, at least every ${LONGEST_RETRY_MS / 1_000} seconds.`,
  },
  'group-unmanaged': {
    level: 'problem',
    what: 'A group of the same name as a channel exists, and does not say that Pyrite manages it.',
    why: 'Pyrite does not touch what is not its own, so the channel has no call.',
    fix: 'Take the group over with pyrite galene adopt, or give the channel or the group another name.',
  },
  'group-stale': {
    level: 'warning',
    what: "A channel's group file is missing or old.",
    why: 'Its call cannot be joined, or works by old settings.',
    fix: 'A running Pyrite writes it by itself: start Pyrite, and look into its log if this stays.',
  },
  'group-other-key': {
    level: 'warning',
    what: 'A group file carries the key of another Pyrite, or an older key of this one.',
    why: 'Where two Pyrites write one folder, each locks the people of the other out.',
    fix: 'Let each Pyrite have its own Galene or its own slugs. After a change of sfu.signing_key this goes when Pyrite starts.',
  },
  'public-url-empty': {
    level: 'warning',
    what: 'server.public_url is empty, and Pyrite listens for more than this machine.',
    why: 'Without it Pyrite believes whatever host name a browser sends.',
    fix: 'Set server.public_url to the address that people type.',
  },
  'public-url-plain': {
    level: 'problem',
    what: 'People reach Pyrite without TLS.',
    why: 'Browsers give camera and microphone only to pages over https or on localhost.',
    fix: 'Put a reverse proxy with TLS in front, and write https in server.public_url.',
  },
  'public-url-unreachable': {
    level: 'warning',
    what: 'Pyrite does not find itself at server.public_url.',
    why: 'People may not either; or this machine cannot reach its own public address, which some routers forbid.',
    fix: 'Open that address in a browser. Where it does not work, compare DNS, the proxy and the firewall.',
  },
  'public-url-elsewhere': {
    level: 'problem',
    what: 'Something else than this Pyrite answers at server.public_url.',
    why: 'People end elsewhere, and pages from there are refused.',
    fix: 'Let the proxy pass all paths on to server.host and server.port, or correct server.public_url.',
  },
  'proxy-no-websocket': {
    level: 'problem',
    what: 'The way through server.public_url does not carry WebSockets.',
    why: 'Neither chat nor calls work from there.',
    fix: 'Let the proxy pass Upgrade and Connection on; docs/galene.md has examples for nginx and Caddy.',
  },
  'origin-differs': {
    level: 'problem',
    what: 'This page was opened at another address than server.public_url.',
    why: 'Pages from there may not use /ws and /sfu.',
    fix: 'Open Pyrite at server.public_url, correct it, or add the other address to server.allowed_origins.',
  },
  'client-page-unreachable': {
    level: 'warning',
    what: "Galene's own page is not reached at its address.",
    why: 'galene.stock_client promises it to people; or this machine cannot reach its own public address.',
    fix: 'Open that address in a browser. Correct galene.stock_client_url, the proxy, or the certificate, which browsers must trust.',
  },
  'client-page-host': {
    level: 'problem',
    what: "Galene's own page tells browsers another address than the one it is served at.",
    why: "Galene's own client cannot connect from there: behind TLS it is sent to ws:// or to an inner name.",
    fix: "Set proxyURL in Galene's data/config.json to the address that people type.",
  },
  'client-page-origin': {
    level: 'problem',
    what: "Galene refuses its own page's origin.",
    why: "Galene's own client cannot connect: the proxy changes Host and leaves Origin.",
    fix: "Let the proxy pass Host on unchanged, or add the page's origin to allowOrigin in Galene's data/config.json.",
  },
  'ice-none': {
    level: 'warning',
    what: 'Browsers are given no TURN server.',
    why: 'People behind strict firewalls see and hear nobody, although joining works.',
    fix: 'Run coturn, and set galene.ice_urls, galene.ice_secret and, for a Galene of your own, galene.ice_file.',
  },
  'ice-udp-only': {
    level: 'warning',
    what: 'TURN is offered over UDP only.',
    why: 'Networks that let only TCP or TLS out keep people from calls.',
    fix: 'Add "turn:HOST?transport=tcp" and, best on port 443, "turns:HOST:443?transport=tcp" to galene.ice_urls.',
  },
  'ice-not-given': {
    level: 'warning',
    what: 'Browsers are not given the servers in galene.ice_urls.',
    why: 'The call server reads another file, or has not read it yet (it looks every five minutes).',
    fix: "Let galene.ice_file be data/ice-servers.json of Galene's -data, wait five minutes, and check again.",
  },
  'ice-file': {
    level: 'problem',
    what: 'The file with ICE servers is not written.',
    why: 'Browsers get old servers, old passwords, or none.',
    fix: 'Mend what the message names. A file that Pyrite did not write is kept: move it away to hand it over.',
  },
  'ice-no-secret': {
    level: 'problem',
    what: 'galene.ice_urls names a TURN server, and galene.ice_secret is empty.',
    why: 'The TURN server refuses everybody.',
    fix: "Set galene.ice_secret to coturn's static-auth-secret, and use-auth-secret there.",
  },
  'ice-url': {
    level: 'problem',
    what: 'An ICE server has an address that browsers do not take.',
    why: 'One bad address makes some browsers refuse the whole list, and with it every call.',
    fix: 'Write stun:HOST:PORT, turn:HOST:PORT, turn:HOST:PORT?transport=tcp or turns:HOST:PORT?transport=tcp.',
  },
  'ice-unreachable': {
    level: 'problem',
    what: 'An ICE server cannot be reached.',
    why: 'People who need it are without media. (It was tried from this server; people come from elsewhere.)',
    fix: 'Start it, open its port, and compare host, port and transport in its address.',
  },
  'ice-silent': {
    level: 'problem',
    what: 'An ICE server does not answer.',
    why: 'People who need it are without media. (It was tried from this server; people come from elsewhere.)',
    fix: 'Open its port, for UDP 3478 as well as for TCP; compare host and port in its address.',
  },
  'ice-certificate': {
    level: 'problem',
    what: 'The certificate of a TURN server is not to be trusted.',
    why: 'Browsers refuse it without a word, and turns: is often the last way out of a strict network.',
    fix: 'Give coturn a certificate of a public authority for the very host name in galene.ice_urls.',
  },
  'ice-wrong-secret': {
    level: 'problem',
    what: 'A TURN server refuses the password that browsers are given.',
    why: 'People who need a relay are without media.',
    fix: "galene.ice_secret and coturn's static-auth-secret must be the same; the clocks of both machines too.",
  },
  'ice-refused': {
    level: 'problem',
    what: 'A TURN server refuses to relay.',
    why: 'People who need a relay are without media.',
    fix: "Coturn's log says why: a quota, a peer range, or no free relay port (min-port to max-port).",
  },
  'ice-relay-private': {
    level: 'warning',
    what: 'A TURN server relays from a private address.',
    why: 'A call server or person elsewhere cannot reach that relay.',
    fix: "Set external-ip in coturn's configuration to its public address.",
  },
  'only-private': {
    level: 'warning',
    what: 'The call server has only private addresses, and nothing relays.',
    why: 'Media works in this network alone: people elsewhere join, and see and hear nobody.',
    fix: 'Name the public address (builtin.public_address) and forward the UDP port, or run a TURN server.',
  },
  'recordings-folder': {
    level: 'warning',
    what: 'The folder of recordings cannot be used.',
    why: 'Calls go on, but recordings are lost, not shown, or cannot be deleted.',
    fix: "Let galene.recordings_dir be the folder of Galene's -recordings, on a disk with space, where Galene's user and the account that runs Pyrite may read and write.",
  },
} as const satisfies Record<string, Entry>

export type FindingCode = keyof typeof FINDINGS

/** A finding; `detail` says what was met here. */
export const found = (code: FindingCode, detail = ''): Finding => {
  const { level, what, why, fix } = FINDINGS[code]
  const said =
    detail === '' ? what : `${what.replace(/\.$/, '')}: ${detail.trim().replace(/\.?$/, '.')}`
  return { code, level, what: said, why, fix }
}

/** What was looked at and is well. */
export const well = (code: string, what: string): Finding => ({
  ...{ code, level: 'ok', what, why: '', fix: '' },
})

const ORDER: Record<FindingLevel, number> = { problem: 0, warning: 1, ok: 2 }

/** The worst first; else in the order in which they were looked at. */
export const worstFirst = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort((a, b) => ORDER[a.level] - ORDER[b.level])
