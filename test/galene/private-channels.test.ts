import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asGroup } from '../../lib/app/groups.ts'
import { printGroup } from '../../lib/sfu/galene/index.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { connectTo, galenes } from '../support/sfu.ts'

const WAYS = ['files', 'api', 'off'] as const
const RUNS = galenes().flatMap((binary) => WAYS.map((way) => ({ binary, way })))
const SECRET = { name: 'Merger with Acme', slug: 'm7', topic: 'Signing on Friday', private: true }
const OPEN = { name: 'Garden party', slug: 'party', topic: 'Bring cake' }

describe.each(RUNS)('a private channel, by $way on $binary', ({ binary, way }) => {
  let galene: TestGalene
  let pyrite: Pyrite
  beforeEach(async () => {
    galene = await startGalene({ binary, config: WITH_ADMIN })
    pyrite = await startPyrite({
      settings: {
        sfu: { url: galene.url, ...(way === 'files' && { groups_dir: galene.groups }) },
        galene: { sync: way, api_user: ADMIN.user, api_password: ADMIN.password },
      },
    })
    const { send } = await pyrite.signIn('bob')
    for (const channel of [SECRET, OPEN]) {
      expect((await send('POST', '/api/channels', channel)).status).toBe(201)
    }
    for (const { slug } of [SECRET, OPEN]) {
      if (way === 'off') await byHand(slug)
      await eventually(() => expect(pyrite.app.sfu.syncState(slug).state).toBe('in-step'), 10_000)
    }
  })
  afterEach(async () => {
    await pyrite.stop()
    await galene.end()
  })
  const byHand = async (slug: string) => {
    const [channel] = await pyrite.app.channels.groups(slug)
    if (!channel) throw new Error('there is no such channel')
    await galene.write(slug, printGroup(pyrite.config, asGroup(pyrite.config)(channel)))
    pyrite.app.sfu.groupsChanged(slug)
  }
  const at = async (base: string, path: string) => {
    const response = await fetch(`${base}${path}`, { redirect: 'manual' })
    return { status: response.status, text: await response.text() }
  }
  const join = async (cookie: string, group: string) => {
    const call = connectTo(`${pyrite.url}/sfu`, { cookie, origin: pyrite.url })
    await call.opens()
    call.send({ type: 'handshake', version: ['2'], id: `${group}-${Math.random()}` })
    call.send({ type: 'join', kind: 'join', group })
    return { ...call, joined: await call.hears({ type: 'joined' }) }
  }

  it('tells whoever reaches Galene its slug, and neither name nor topic nor that a call is on', async () => {
    const { cookie } = await pyrite.signIn('bob')
    const call = await join(cookie, SECRET.slug)
    expect(call.joined).toMatchObject({ kind: 'join' })
    const paths = [`/group/${SECRET.slug}/`, `/group/${SECRET.slug}/.status`, '/public-groups.json']
    for (const path of paths) {
      expect((await at(galene.url, path)).text).not.toMatch(/merger|acme|friday/i)
    }
    const status = JSON.parse((await at(galene.url, `/group/${SECRET.slug}/.status`)).text)
    expect(status).toMatchObject({ name: 'm7', displayName: 'm7' })
    for (const field of ['description', 'locked', 'clientCount']) {
      expect(status).not.toHaveProperty(field)
    }
    expect((await at(galene.url, '/public-groups.json')).text).not.toContain('m7')
    const open = JSON.parse((await at(galene.url, `/group/${OPEN.slug}/.status`)).text)
    expect(open).toMatchObject({ displayName: 'Garden party', description: 'Bring cake' })
    call.socket.close()
  })

  it('stays hidden when it is renamed', async () => {
    const { send } = await pyrite.signIn('bob')
    const changes = { name: 'Merger with Bolt', topic: 'Not on Friday' }
    expect((await send('PATCH', `/api/channels/${SECRET.slug}`, changes)).status).toBe(200)
    if (way === 'off') await byHand(SECRET.slug)
    await eventually(() => expect(pyrite.app.sfu.syncState('m7').state).toBe('in-step'))
    expect((await at(galene.url, `/group/m7/.status`)).text).not.toMatch(/merger|bolt|friday/i)
  })

  it('is named to no admin outside by what is wrong with it [ADM-2]', async () => {
    await galene.write(SECRET.slug, '{"comment":"of somebody else"}')
    if (way === 'off') await galene.remove(SECRET.slug)
    pyrite.app.sfu.groupsChanged(SECRET.slug)
    await eventually(() => expect(pyrite.app.sfu.syncState(SECRET.slug).state).toBe('failed'))
    const alice = await pyrite.signIn('alice')
    const { status, body } = await alice.send('POST', '/api/admin/calls/check', {})
    expect(status).toBe(200)
    const text = JSON.stringify(body)
    expect(text).toMatch(/"group-(failed|unmanaged)"/)
    expect(text).not.toMatch(/\bm7\b|merger/i)
  })

  it('tells nobody outside through Pyrite more than one that does not exist', async () => {
    const { cookie } = await pyrite.signIn('bob')
    const call = await join(cookie, SECRET.slug)
    const mallory = await pyrite.signIn('mallory')
    const said = async (slug: string) => {
      const { joined, frames } = await join(mallory.cookie, slug)
      expect(joined).toMatchObject({ kind: 'fail' })
      for (const word of ['status', 'locked', 'clientCount'])
        expect(joined).not.toHaveProperty(word)
      const answers = [frames.join('\n')]
      for (const path of [
        '/group/SLUG/.status',
        '/sfu/group/SLUG/.status',
        '/sfu',
        '/group/SLUG/',
      ]) {
        const answer = await at(pyrite.url, path.replace('SLUG', slug))
        answers.push(`${answer.status} ${answer.text}`)
      }
      return answers.map((text) => text.replaceAll(slug, 'SLUG'))
    }
    expect(await said(SECRET.slug)).toEqual(await said('n8'))
    call.socket.close()
  })
})
