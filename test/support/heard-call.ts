import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { eventually } from './eventually.ts'
import { type Json, startBridge, type TestBridge } from './sfu.ts'
import { type Ear, startEar } from './sfu-ear.ts'

/** For a `describe`: bob is in a call, and the call server writes down what it hears. What is in it changes with each test. */
export const useHeardCall = () => {
  const call = {} as { ear: Ear; bridge: TestBridge; bob: Awaited<ReturnType<TestBridge['join']>> }
  beforeAll(async () => {
    call.ear = await startEar()
    call.bridge = await startBridge({ url: call.ear.url })
  })
  afterAll(async () => {
    await call.bridge.stop()
    await call.ear.stop()
  })
  beforeEach(async () => {
    call.ear.heard.length = 0
    call.bob = await call.bridge.join('bob')
  })
  afterEach(() => call.bob.socket.close())
  return call
}
export type HeardCall = ReturnType<typeof useHeardCall>

/** Sends raw frames and then a mark; answers what reached the call server before the mark. */
export const through = async (
  { bob, ear }: HeardCall,
  ...frames: (string | Buffer)[]
): Promise<Json[]> => {
  for (const frame of frames) bob.raw(frame)
  bob.send({ type: 'usermessage', kind: 'mark' })
  return eventually(() => {
    const messages = ear.messages()
    const mark = messages.findIndex(({ kind }) => kind === 'mark')
    if (mark < 0) throw new Error('the mark has not come')
    return messages.slice(0, mark)
  })
}

/** What bob was told. */
export const errorsIn = ({ bob }: HeardCall) => bob.all({ type: 'usermessage', kind: 'error' })
