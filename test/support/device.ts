import { publishing } from '../../bench/load/peer.ts'

/** A device that publishes a camera into #general, or another channel, by WHIP; it notices by its connection alone that the server is gone. */
export const publishByWhip = async (url: string, secret: string, slug = 'general') => {
  const { peer, opened, closed, offer, accept } = await publishing(4_711)
  const answer = await fetch(`${url}/whip/${slug}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/sdp' },
    body: offer,
  })
  if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`)
  accept(await answer.text())
  await opened
  return { peer, closed }
}
