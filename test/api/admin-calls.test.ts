import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CallsReport } from '../../lib/protocol/admin.ts'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

describe('how calls stand', () => {
  let pyrite: Pyrite
  beforeEach(async () => {
    pyrite = await startPyrite()
  })
  afterEach(() => pyrite.stop())

  it('is told to admins, and to nobody else [ADM-1]', async () => {
    const bob = await pyrite.signIn('bob')
    for (const [method, path] of [
      ['GET', '/api/admin/calls'],
      ['POST', '/api/admin/calls/check'],
    ] as const) {
      const { status, body } = await bob.send(method, path, method === 'POST' ? {} : undefined)
      expect([status, body]).toEqual([
        403,
        { error: { code: 'not-allowed', message: expect.any(String) } },
      ])
      expect((await fetch(`${pyrite.url}${path}`, { method })).status).toBe(401)
    }
  })

  it('names the call server, its state and every channel, and no private channel the admin is not in [ADM-2]', async () => {
    const [alice, bob] = [await pyrite.signIn('alice'), await pyrite.signIn('bob')]
    for (const [name, isPrivate] of [
      ['Open ideas', false],
      ['Secret ideas', true],
    ] as const) {
      const { status } = await bob.send('POST', '/api/channels', { name, private: isPrivate })
      expect(status).toBe(201)
    }
    const { status, body } = await alice.send('GET', '/api/admin/calls')
    const report: CallsReport = body
    expect(status).toBe(200)
    expect(report.sfu).toMatchObject({
      kind: 'external',
      reachable: false,
      description: expect.stringContaining('127.0.0.1:9'),
    })
    expect(report.sfu).not.toHaveProperty('since')
    const names = report.channels.map(({ name }) => name)
    expect(names).toHaveLength(3)
    expect(names).toEqual(expect.arrayContaining(['general', 'Open ideas', undefined]))
    expect(JSON.stringify(report).toLowerCase()).not.toContain('secret')
    expect(report.examination).toBeUndefined()
  })

  it('has the channels that are not in step on top, and why [ADM-2]', async () => {
    const alice = await pyrite.signIn('alice')
    const file = join(pyrite.config.sfu.groups_dir, 'zebra.json')
    await writeFile(file, '{"comment":"of somebody else"}')
    await alice.send('POST', '/api/channels', { name: 'Zebra' })
    await eventually(async () => {
      const report: CallsReport = (await alice.send('GET', '/api/admin/calls')).body
      expect(report.channels[0]).toMatchObject({
        ...{ channelSlug: 'zebra', name: 'Zebra' },
        sync: { state: 'failed', reason: expect.stringContaining('does not say that Pyrite') },
      })
    })
    const { examination }: CallsReport = (await alice.send('POST', '/api/admin/calls/check', {}))
      .body
    const finding = examination?.findings.find(({ code }) => code === 'group-unmanaged')
    expect(finding?.what).toContain('zebra')
    expect(await readFile(file, 'utf8')).toContain('of somebody else')
  })

  it('is checked on demand, and the finding stays for the next look [ADM-4]', async () => {
    const alice = await pyrite.signIn('alice')
    const { status, body } = await alice.send('POST', '/api/admin/calls/check', {})
    const checked: CallsReport = body
    expect(status).toBe(200)
    expect(checked.examination?.findings[0]).toMatchObject({
      ...{ code: 'sfu-unreachable', level: 'problem' },
      fix: expect.stringContaining('sfu.url'),
    })
    const later: CallsReport = (await alice.send('GET', '/api/admin/calls')).body
    expect(later.examination).toEqual(checked.examination)
  })

  it('is checked by one look at a time, and not more often than allowed [ADM-3]', async () => {
    const alice = await pyrite.signIn('alice')
    const check = () => alice.send('POST', '/api/admin/calls/check', {})
    const answers = await Promise.all([check(), check(), check(), check()])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429])
    const times = answers.flatMap(({ body }) => (body as CallsReport).examination?.at ?? [])
    expect(new Set(times).size).toBe(1)
  })
})
