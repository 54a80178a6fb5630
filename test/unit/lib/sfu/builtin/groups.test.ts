import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLog } from '../../../../../lib/platform/log.ts'
import {
  BadGroupFile,
  isGroupName,
  openGroupFiles,
  readGroup,
} from '../../../../../lib/sfu/builtin/groups.ts'
import { Refusal } from '../../../../../lib/sfu/builtin/refusals.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pyrite-groups-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const open = () => openGroupFiles(folder, createLog('silent'))
const put = (name: string, text: string) => writeFile(join(folder, name), text)

test('every field that Galene knows is taken', () => {
  const fields = {
    displayName: 'General',
    description: 'All of us',
    contact: 'a',
    comment: 'managed',
    public: false,
    redirect: '',
    'max-clients': 10,
    'max-history-age': 0,
    expires: '2030-01-01T00:00:00Z',
    'not-before': '2020-01-01T00:00:00+02:00',
    'allow-recording': true,
    'unrestricted-tokens': false,
    'auto-subgroups': false,
    autolock: false,
    autokick: false,
    users: { alice: { permissions: 'op' }, bob: { permissions: ['present'], password: 'x' } },
    'wildcard-user': { permissions: 'observe', password: { type: 'wildcard' } },
    authKeys: [{ kty: 'EC', alg: 'ES256' }],
    authServer: 'https://auth.example/',
    authPortal: 'https://auth.example/',
    codecs: ['vp8', 'opus'],
    op: [{}],
    presenter: [{}],
    other: [{}],
    'allow-subgroups': false,
    'allow-anonymous': false,
  }
  expect(readGroup(JSON.stringify(fields))).toMatchObject({ displayName: 'General' })
})

test('a group of nothing is a group, with VP8 and Opus, that nobody can join', () => {
  expect(readGroup('{}')).toMatchObject({ codecs: ['vp8', 'opus'], authKeys: [], users: {} })
})

test.each([
  ['a field nobody knows', '{"colour":"red"}', 500],
  ['a person with a field nobody knows', '{"users":{"a":{"colour":"red"}}}', 500],
  ['a word for a number', '{"max-clients":"10"}', 500],
  ['a negative number of people', '{"max-clients":-1}', 500],
  ['a date that is none', '{"expires":"tomorrow"}', 500],
  ['half of a file', '{"displayName":"Gen', 500],
  ['nothing at all', '', 500],
  ['a list', '[]', 500],
  ['more after its end', '{} {}', 500],
  ['a role nobody knows', '{"users":{"a":{"permissions":"king"}}}', 400],
  ['a role that every object has', '{"users":{"a":{"permissions":"constructor"}}}', 400],
])('%s makes the file unusable', (_what, text, status) => {
  expect(() => readGroup(text)).toThrow(expect.objectContaining({ status }))
})

test.each([
  '',
  '.',
  '..',
  '../x',
  'a/b',
  'a\\b',
  '.hidden',
  'a.json',
  'ä',
  'a b',
  'x'.repeat(64),
  'a\0',
  '%2e%2e',
])('%j never becomes a path', async (name) => {
  expect(isGroupName(name)).toBe(false)
  await put('x.json', '{}')
  expect(() => open().load(name)).toThrow(new Refusal('illegal group name'))
})

test('a file is read once, again when it changed, and gone when it is gone', async () => {
  const files = open()
  await put('general.json', '{"displayName":"One"}')
  const first = files.load('general')
  expect(files.load('general')).toBe(first)
  await put('general.json', '{"displayName":"Three"}')
  expect(files.load('general').displayName).toBe('Three')
  await rm(join(folder, 'general.json'))
  expect(() => files.load('general')).toThrow(new Refusal('group does not exist'))
})

test('a file that became unusable is refused, and counts again once mended', async () => {
  const files = open()
  await put('general.json', '{}')
  files.load('general')
  await put('general.json', '{"displayName":')
  expect(() => files.load('general')).toThrow(BadGroupFile)
  await put('general.json', '{"displayName":"Mended"}')
  expect(files.load('general').displayName).toBe('Mended')
})

test('only plain files are groups', async () => {
  await symlink(folder, join(folder, 'folder.json'))
  expect(() => open().load('folder')).toThrow(Refusal)
})
