import { BlockList, isIP, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { IceCandidate } from '../protocol/admin.ts'

const PRIVATE: [network: string, bits: number, type: 'ipv4' | 'ipv6'][] = [
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
]
const blocks = new BlockList()
for (const [network, bits, type] of PRIVATE) blocks.addSubnet(network, bits, type)

/** Whether an address is of no use to somebody outside the network: RFC 1918, 4193, 6598, link-local and loopback. */
export const isPrivateAddress = (address: string): boolean =>
  isIP(address) !== 0 && blocks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

/** Whether a relay is of no use though its server can be reached: one on a private address helps only where the server is there too. */
export const isOnlyInside = (relayed: string, server: string): boolean =>
  isPrivateAddress(relayed) && !isPrivateAddress(server)

/** Where browsers could find a media server on this machine: its own addresses, but for loopback and link-local ones. */
export const hostCandidates = (interfaces = networkInterfaces()): IceCandidate[] =>
  Object.values(interfaces)
    .flatMap((each) => each ?? [])
    .filter(({ internal, address }) => !internal && !/^fe80:|^169\.254\./i.test(address))
    .map(({ address }) => ({ type: 'host', address, isPrivate: isPrivateAddress(address) }))

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether what answers at this URL runs on this machine. */
export const isLoopbackUrl = (url: string): boolean =>
  url !== '' && LOOPBACK.has(new URL(url).hostname)
