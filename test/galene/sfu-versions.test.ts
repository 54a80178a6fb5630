import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { type Gate, startGate } from '../support/gate.ts'
import { galenes, startBridge, type TestBridge } from '../support/sfu.ts'

/** What the program itself betrays: words of features that came with a version. */
const generationOf = (binary: string) => {
  const program = readFileSync(binary)
  if (program.includes('include-subgroups')) return '1.1 or newer'
  return program.includes('allowAdminOrigin') ? '1.0' : '0.9 to 0.96'
}

let bridge: TestBridge
let gate: Gate | undefined
let galene: TestGalene | undefined
afterEach(async () => {
  await bridge.stop()
  await gate?.stop()
  await galene?.end()
  gate = undefined
  galene = undefined
})

const knows = (version: unknown) =>
  eventually(() => expect(bridge.health().version).toEqual(version))

describe.each(galenes())('the version of %s', (binary) => {
  it('is recognised from outside, and one that is not supported is said, in health and in the log [FACT-VERSION]', async () => {
    const version = generationOf(binary)
    galene = await startGalene({ binary })
    bridge = await startBridge({ url: galene.url, settings: { groups_dir: galene.groups } })
    await knows(version)
    const isOld = version === '0.9 to 0.96'
    expect(bridge.health().problem).toEqual(
      isOld ? expect.stringMatching(/not support/) : undefined,
    )
    expect(bridge.lines.join('').includes('version of the SFU is not supported')).toBe(isOld)
    expect(bridge.health().reachable).toBe(true)
  })

  it('is recognised where Pyrite runs it', async () => {
    bridge = await startBridge({ sfu: { name: 'supervised', galene: binary } })
    await knows(generationOf(binary))
  })

  it('is called unknown where a proxy hides what would tell', async () => {
    galene = await startGalene({ binary })
    gate = await startGate(galene.url)
    gate.before(async ({ url }, response) => {
      if (!url?.startsWith('/galene-api/')) return
      response.writeHead(404).end()
      return true
    })
    bridge = await startBridge({ url: gate.url, settings: { groups_dir: galene.groups } })
    await knows(expect.stringMatching(/^unknown/))
    expect(bridge.health().problem).toBeUndefined()
  })
})

it('the built-in SFU is no Galene, and has no version of one', async () => {
  bridge = await startBridge({ sfu: { name: 'built-in', galene: undefined }, supervised: true })
  await eventually(() => expect(bridge.health().reachable).toBe(true))
  expect(bridge.health()).not.toHaveProperty('version')
})
