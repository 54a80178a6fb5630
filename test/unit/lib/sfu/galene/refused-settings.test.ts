import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startBridge } from '../../../../support/sfu.ts'

it('settings that cannot work leave nothing behind that goes on, however often they are tried', async () => {
  const warnings: string[] = []
  const hear = ({ message }: Error) => warnings.push(message)
  process.on('warning', hear)
  const data_dir = await mkdtemp(join(tmpdir(), 'pyrite-refused-'))
  const options = {
    url: 'http://127.0.0.1:9',
    settings: { data_dir },
    galene: { stock_client: true },
  }
  for (let n = 0; n < 12; n += 1) {
    await expect(startBridge(options)).rejects.toThrow('server.public_url')
  }
  await new Promise((done) => setImmediate(done))
  process.off('warning', hear)
  await rm(data_dir, { recursive: true })
  expect(warnings).toEqual([])
})
