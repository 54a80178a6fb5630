import type { Visitor } from '../../support/browser.ts'
import type { Client } from '../../support/client.ts'

export const composerOf = ({ page }: Visitor) => page.getByRole('textbox', { name: /^Message / })

/** Writes a message and sends it with Enter, as people do. */
export const write = async (visitor: Visitor, text: string): Promise<void> => {
  await composerOf(visitor).fill(text)
  await composerOf(visitor).press('Enter')
}

/** The message with exactly this text, stored or on its way. */
export const messageOf = ({ page }: Visitor, text: string) =>
  page.locator('li.message').filter({ has: page.getByText(text, { exact: true }) })

/** Waits until a message is on show as stored. */
export const shows = (visitor: Visitor, text: string): Promise<void> =>
  visitor.page
    .locator('li.message:not(.pending)')
    .filter({ has: visitor.page.getByText(text, { exact: true }) })
    .waitFor()

/** The texts of all messages on show that are stored, top to bottom. */
export const textsOf = ({ page }: Visitor): Promise<string[]> =>
  page.locator('li.message:not(.pending) .markdown').allInnerTexts()

/** Posts a run of messages, oldest first, without the browser. */
export const seed = async (client: Client, channelSlug: string, texts: string[]): Promise<void> => {
  const socket = await client.socket()
  for (const text of texts) {
    await socket.ask('chat.post', { channelSlug, clientId: crypto.randomUUID(), text })
  }
  socket.close()
}
