import { request } from 'node:http'
import type { Failure } from '../../lib/protocol/envelope.ts'

/** What an attempt to open /ws was answered with before or as the upgrade. */
export type Upgrade = {
  status: number
  headers: Record<string, string | string[] | undefined>
  error?: Failure
}

/** Asks for an upgrade to /ws with these headers, and lets go of the socket at once when it is granted. */
export const tryUpgrade = (url: string, headers: Record<string, string>): Promise<Upgrade> =>
  new Promise((resolve, reject) => {
    const attempt = request(`${url}/ws`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    })
    attempt.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode ?? 0, headers: response.headers })
    })
    attempt.on('response', async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      const { error } = JSON.parse(text) as { error: Failure }
      resolve({ status: response.statusCode ?? 0, headers: response.headers, error })
    })
    attempt.on('error', reject)
    attempt.end()
  })
