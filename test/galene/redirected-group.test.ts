import { afterEach, describe, expect, it } from 'vitest'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { galenes, startBridge, type TestBridge } from '../support/sfu.ts'

let galene: TestGalene
let bridge: TestBridge
afterEach(async () => {
  await bridge.stop()
  await galene.end()
})

describe.each(galenes())('a group that its owner leads elsewhere, at %s', (binary) => {
  it('is not joined: Galene would fall, and all calls with it [SFU-4]', async () => {
    galene = await startGalene({ binary })
    bridge = await startBridge({ url: galene.url, settings: { groups_dir: galene.groups } })
    const { sfu: settings } = bridge.config
    const [garden, attic] = [await galene.read('garden'), await galene.text('attic')]
    await bridge.stop()
    // Kept by hand, so that nobody takes it out.
    const elsewhere = { ...garden, redirect: 'https://example.org/' }
    await galene.write('garden', JSON.stringify(elsewhere))
    await galene.write('attic', attic)
    bridge = await startBridge({ url: galene.url, settings, galene: { sync: 'off' } })

    const carol = await bridge.join('carol', 'attic')
    const { joined } = await bridge.join('bob', 'garden')
    expect(joined).toMatchObject({ kind: 'fail', error: 'internal' })
    expect(bridge.lines.join('')).toContain('the group garden has a \\"redirect\\"')
    carol.send({ type: 'ping' })
    await carol.hears({ type: 'pong' })
    await galene.write('garden', JSON.stringify(garden))
    expect((await bridge.join('bob', 'garden')).joined).toMatchObject({ kind: 'join' })
    expect(carol.isOpen()).toBe(true)
  })
})
