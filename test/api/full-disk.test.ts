import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite
beforeAll(async () => {
  pyrite = await startPyrite()
})
afterAll(() => pyrite.stop())

/** SQLite answers beyond this size as it does on a full disk. */
const roomFor = (pages: number) =>
  sql`pragma max_page_count = ${sql.raw(String(pages))}`.execute(pyrite.database.db)
const pageCount = async () => {
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(pyrite.database.db)
  return rows[0]?.page_count ?? 0
}
const ready = async () => {
  const answer = await fetch(`${pyrite.url}/readyz`)
  return [answer.status, await answer.json()]
}

it('a full disk makes the server unready, nothing acknowledged is missing, and it is ready again with space', async () => {
  const bob = await pyrite.signIn('bob')
  let sent = 0
  const post = () =>
    bob.send('POST', '/api/channels/general/messages', {
      clientId: `client-${++sent}`,
      text: `${sent} ${'x'.repeat(9_000)}`,
    })
  const stored = async (): Promise<string[]> => {
    const { body } = await bob.send('GET', '/api/channels/general/messages')
    return (body as { messages: { clientId: string }[] }).messages.map((m) => m.clientId)
  }
  expect(await ready()).toEqual([200, { ready: true, database: true, sfu: false }])

  await roomFor((await pageCount()) + 4)
  const acknowledged: string[] = []
  let refusal = await post()
  while (refusal.status === 201) {
    acknowledged.push(`client-${sent}`)
    refusal = await post()
  }
  expect(refusal).toMatchObject({ status: 503, body: { error: { code: 'storage.unavailable' } } })
  expect(await ready()).toEqual([503, { ready: false, database: false, sfu: false }])
  expect((await fetch(`${pyrite.url}/healthz`)).status).toBe(200)
  expect(await stored()).toEqual(acknowledged)

  await roomFor(1_000_000)
  await eventually(async () => {
    expect(await ready()).toEqual([200, { ready: true, database: true, sfu: false }])
  })
  expect(await post()).toMatchObject({ status: 201 })
  expect(await stored()).toEqual([...acknowledged, `client-${sent}`])
})
