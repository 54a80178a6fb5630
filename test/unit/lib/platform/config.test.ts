import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError, loadConfig } from '../../../../lib/platform/config/load.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pyrite-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (text: string) => {
  const path = join(folder, 'config.toml')
  writeFileSync(path, text)
  return path
}
const problemsOf = (text: string, environment = {}): readonly string[] => {
  try {
    loadConfig(write(text), environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('the configuration', () => {
  it('is whole without a file, and frozen', () => {
    const config = loadConfig(join(folder, 'none.toml'))
    expect(config.server.port).toBe(8080)
    expect(config.server.host).toBe('127.0.0.1')
    expect(() => Object.assign(config.server, { port: 1 })).toThrow(TypeError)
  })

  it('takes the file, and the environment over it', () => {
    const path = write('[server]\nport = 9000\nhost = "::1"\n')
    const config = loadConfig(path, {
      PYRITE_SERVER_PORT: '9001',
      PYRITE_SERVER_ALLOWED_ORIGINS: '["https://a.example"]',
      PYRITE_BUILTIN_LOOPBACK: 'true',
      PYRITE_WORKSPACE_NAME: '123',
    })
    expect(config.server).toMatchObject({
      port: 9001,
      host: '::1',
      allowed_origins: ['https://a.example'],
    })
    expect(config.builtin.loopback).toBe(true)
    expect(config.workspace.name).toBe('123')
  })

  it('counts relative paths from its own folder', () => {
    expect(loadConfig(write('[database]\npath = "x/y.db"\n')).database.path).toBe(
      join(folder, 'x/y.db'),
    )
  })

  it.each([
    ['[server]\nport = 70000\n', /^server\.port = 70000: .*65535/],
    ['[server]\nport = "a"\n', /^server\.port = "a": .*number/],
    ['[log]\nlevel = "loud"\n', /^log\.level = "loud": .*"info"/],
    ['[server]\nprot = 1\n', /^server\.prot is not a setting; did you mean "port"\?$/],
    ['[srver]\nport = 1\n', /^\[srver\] is not a section; did you mean "server"\?$/],
    ['[server]\ncolour = 1\n', /^server\.colour is not a setting; known: .*port/],
    ['port = 1\n', /^\[port\] is not a section/],
    ['server = 1\n', /^server must be a table/],
    ['[server\nport = 1\n', /cannot be read: .*/s],
    ['[server]\npublic_url = "chat.example.org"\n', /^server\.public_url = .*"https:/],
    [
      '[server]\npublic_url = "HTTPS://chat.example.org"\n',
      /^server\.public_url = .*small letters/,
    ],
    ['[server]\nallowed_origins = ["app://here"]\n', /^server\.allowed_origins = .*"https:/],
    ['[sfu]\nurl = "http://127.0.0.1:8443/#x"\n', /^sfu\.url = .*"#"/],
    ['[sfu]\nsigning_key = "abc"\n', /^sfu\.signing_key = \(secret\): .*43 characters/],
    ['[metrics]\nlisten = "9464"\n', /^metrics\.listen = "9464": .*a port/],
    ['[metrics]\nlisten = ":9464"\n', /^metrics\.listen = ":9464": .*a port/],
  ])('names what is wrong in %j', (text, sentence) => {
    expect(problemsOf(text)).toHaveLength(1)
    expect(problemsOf(text)[0]).toMatch(sentence)
  })

  it('names the variable that is wrong, and one that overrides nothing', () => {
    expect(problemsOf('', { PYRITE_SERVER_PORT: 'high', PYRITE_SERVER_PROT: '1' })).toEqual([
      expect.stringMatching(/^PYRITE_SERVER_PROT overrides no setting/),
      expect.stringMatching(/^PYRITE_SERVER_PORT \(server\.port\) = "high"/),
    ])
  })

  it.each([
    ['PYRITE_SERVER_PROT', 'PYRITE_SERVER_PORT'],
    ['PYRITE_PORT', undefined],
    ['PYRITE_WORKSPCE_NAME', 'PYRITE_WORKSPACE_NAME'],
    ['PYRITE_SFU_SIGNINGKEY', 'PYRITE_SFU_SIGNING_KEY'],
    ['PYRITE_IMAGE_VERSION', undefined],
    ['PYRITE_HOME', undefined],
    ['PYRITE_', undefined],
    [`PYRITE_${'X'.repeat(100_000)}`, undefined],
  ])('suggests for the variable %.40s the setting that was meant, if one is near', (name, near) => {
    const suggestion = near ? `; did you mean "${near}"?` : ''
    expect(problemsOf('', { [name]: '1' })).toEqual([`${name} overrides no setting${suggestion}`])
  })

  it('says all that is wrong at once, and never shows a secret', () => {
    const problems = problemsOf('[server]\nport = -1\n[sfu]\nsigning_key = 12345\n')
    expect(problems).toHaveLength(2)
    expect(problems.join()).not.toContain('12345')
  })

  it('takes no address with a password in it, since addresses are logged, and does not show it', () => {
    const problems = problemsOf('[sfu]\nurl = "https://me:hunter2@galene.example.org"\n')
    expect(problems).toEqual([expect.stringMatching(/^sfu\.url = "https:\/\/\(secret\)@.*"@"/)])
    expect(problems.join()).not.toContain('hunter2')
  })
})
