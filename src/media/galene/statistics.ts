import type { CallStats } from '../transport.ts'

type Row = Record<string, unknown> & { id: string; type: string }
type Bytes = { up: number; down: number }
export type AudioTotal = { source: string; energy: number; seconds: number }

const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

const rowsOf = async (peer: RTCPeerConnection): Promise<Row[]> => {
  const rows: Row[] = []
  const report = await peer.getStats()
  report.forEach((row: Row) => {
    rows.push(row)
  })
  return rows
}

/** Running totals of every microphone in one connection, sent or received. A browser that does not count them answers none. */
export const audioTotals = async (peer: RTCPeerConnection): Promise<AudioTotal[]> =>
  (await rowsOf(peer))
    .filter(({ type, kind }) => kind === 'audio' && /^(inbound-rtp|media-source)$/.test(type))
    .map((row) => ({
      source: row.id,
      energy: number(row.totalAudioEnergy),
      seconds: number(row.totalSamplesDuration),
    }))

const selectedPair = (rows: Row[]): Row | undefined => {
  const transport = rows.find(({ type }) => type === 'transport')
  const byTransport = rows.find(({ id }) => id === transport?.selectedCandidatePairId)
  return byTransport ?? rows.find((row) => row.type === 'candidate-pair' && row.nominated === true)
}

const protocolOf = (rows: Row[], pair: Row): CallStats['protocol'] => {
  const local = rows.find(({ id }) => id === pair.localCandidateId)
  const protocol = local?.relayProtocol ?? local?.protocol
  if (protocol === undefined) return null
  return protocol === 'udp' ? 'udp' : 'tcp'
}

/** Measures connections; rates are between one look and the next, the first look answers 0. */
export class Statistics {
  #before = new Map<RTCPeerConnection, Bytes>()
  #at: number | undefined

  async look(peers: RTCPeerConnection[], now: number): Promise<CallStats> {
    const reports = await Promise.all(
      peers.map(async (peer) => ({ peer, rows: await rowsOf(peer).catch(() => []) })),
    )
    const bytes = new Map<RTCPeerConnection, Bytes>()
    const stats: CallStats = { rttMs: null, protocol: null, upKbps: 0, downKbps: 0 }
    for (const { peer, rows } of reports) {
      const pair = selectedPair(rows)
      if (!pair) continue
      bytes.set(peer, { up: number(pair.bytesSent), down: number(pair.bytesReceived) })
      stats.protocol ??= protocolOf(rows, pair)
      if (typeof pair.currentRoundTripTime === 'number')
        stats.rttMs = Math.max(stats.rttMs ?? 0, Math.round(pair.currentRoundTripTime * 1000))
    }
    this.#rate(stats, bytes, now)
    return stats
  }

  #rate(stats: CallStats, bytes: Map<RTCPeerConnection, Bytes>, now: number): void {
    const ms = this.#at === undefined ? 0 : now - this.#at
    for (const [peer, { up, down }] of bytes) {
      const before = this.#before.get(peer)
      if (!before || ms <= 0) continue
      stats.upKbps += ((up - before.up) * 8) / ms
      stats.downKbps += ((down - before.down) * 8) / ms
    }
    stats.upKbps = Math.max(0, Math.round(stats.upKbps))
    stats.downKbps = Math.max(0, Math.round(stats.downKbps))
    this.#before = bytes
    this.#at = now
  }
}
