/** Bytes of RTP header, VP8 descriptor and VP8 frame header before the time that each packet carries. */
const TIME_AT = 12 + 1 + 10
/** As a key frame of 640 x 360 begins (RFC 6386 section 9.1). */
const KEY_FRAME = Buffer.from([0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01])

/** Writes the packets of one stream: frames of two packets, each of `bytes`. */
export const packetWriter = (ssrc: number, bytes: number) => {
  let sequence = 0
  let timestamp = 0
  return (isFirst: boolean): Buffer => {
    const packet = Buffer.alloc(bytes)
    packet[0] = 0x80
    packet[1] = isFirst ? 96 : 96 | 0x80
    packet.writeUInt16BE(sequence, 2)
    sequence = (sequence + 1) & 0xffff
    if (isFirst) timestamp = (timestamp + 3_000) >>> 0
    packet.writeUInt32BE(timestamp, 4)
    packet.writeUInt32BE(ssrc, 8)
    packet[12] = isFirst ? 0x10 : 0
    KEY_FRAME.copy(packet, 13)
    packet.writeDoubleBE(performance.now(), TIME_AT)
    return packet
  }
}

/** When a packet of `bytes` was written, by performance.now(); undefined for anything else. */
export const writtenAt = (packet: Buffer, bytes: number): number | undefined =>
  packet.length === bytes ? packet.readDoubleBE(TIME_AT) : undefined

/** A receiver report without blocks (RFC 3550 section 6.4.2): the least sign of life. */
export const signOfLife = Buffer.from([0x80, 0xc9, 0, 1, 0, 0, 0, 1])
