/** Where one ICE server answers, and how it is spoken to. */
export type IceTarget = {
  /** Whether a relay is asked for, or only the own address. */
  relay: boolean
  host: string
  port: number
  transport: 'udp' | 'tcp' | 'tls'
}

const URL_PARTS =
  /^(stuns?|turns?):(\[[\da-f:.]+\]|[^:?\s[\]]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i
const PORT = 3_478
const TLS_PORT = 5_349

/** Reads the URL of an ICE server (RFC 7064, RFC 7065). Undefined for one that browsers do not take, such as TURN over DTLS, or STUN with a transport. */
export const parseIceUrl = (url: string): IceTarget | undefined => {
  const [, scheme = '', host = '', port, transport] = URL_PARTS.exec(url) ?? []
  if (scheme === '') return undefined
  const isSecure = scheme.toLowerCase().endsWith('s')
  const wanted = transport?.toLowerCase()
  const relay = scheme.toLowerCase().startsWith('turn')
  if (wanted !== undefined && (!relay || (isSecure && wanted === 'udp'))) return undefined
  return {
    relay,
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port ?? (isSecure ? TLS_PORT : PORT)),
    transport: isSecure ? 'tls' : wanted === 'tcp' ? 'tcp' : 'udp',
  }
}
