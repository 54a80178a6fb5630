import { type Browser, chromium, type Page } from 'playwright-core'

const FLAGS = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const LAUNCH = { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true }

/** Chromium with a fake camera and microphone. */
export const openChromium = (): Promise<Browser> => chromium.launch({ ...LAUNCH, args: FLAGS })

/** A Chromium of its own that can stand still: nothing in it runs between `freeze` and `thaw`. */
export const openFreezableChromium = async () => {
  const server = await chromium.launchServer({ ...LAUNCH, args: FLAGS })
  const browser = await chromium.connect(server.wsEndpoint())
  // Playwright starts a browser as the leader of its own process group.
  const signal = (name: NodeJS.Signals) => {
    const { pid } = server.process()
    if (pid) process.kill(-pid, name)
  }
  return {
    browser,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    close: () => server.close(),
  }
}

/** What the page's script answers of one received stream. */
export type Received = {
  id: string
  label: string
  username: string
  frames: number
  width: number
  audioEnergy: number
}

type PublishOptions = { label: string; replace?: string; simulcast?: boolean; audio?: boolean }

/** The script's own interface, inside the page. */
type Call = {
  join(group: string, token: string): Promise<void>
  request(table: Record<string, string[]>): void
  publish(options: PublishOptions): Promise<string>
  unpublish(id: string): void
  received(): Promise<Received[]>
  send(message: Record<string, unknown>): void
  heard: Record<string, unknown>[]
  leave(): void
}

/** Runs in the page: the least client of Galene's protocol that publishes and plays. */
const installCall = (url: string): void => {
  const heard: Record<string, unknown>[] = []
  const ups = new Map<string, RTCPeerConnection>()
  const downs = new Map<string, { pc: RTCPeerConnection; label: string; username: string }>()
  const id = crypto.randomUUID()
  let socket: WebSocket
  let username = ''
  const send = (message: Record<string, unknown>) => socket.send(JSON.stringify(message))
  const streamOf = (message: Record<string, unknown>) => String(message.id)
  const drop = (key: string) => {
    downs.get(key)?.pc.close()
    downs.delete(key)
  }
  const trickle = (key: string, pc: RTCPeerConnection) => {
    pc.onicecandidate = ({ candidate }) => {
      if (candidate) send({ type: 'ice', id: key, candidate })
    }
  }
  const play = async (message: Record<string, unknown>) => {
    const key = streamOf(message)
    if (message.replace) drop(String(message.replace))
    let down = downs.get(key)
    if (!down) {
      down = {
        pc: new RTCPeerConnection(),
        label: String(message.label),
        username: String(message.username),
      }
      downs.set(key, down)
      trickle(key, down.pc)
      down.pc.ontrack = ({ streams }) => {
        const [stream] = streams
        if (!stream) return
        const video = document.createElement('video')
        video.srcObject = stream
        video.play().catch(() => undefined)
      }
    }
    await down.pc.setRemoteDescription({ type: 'offer', sdp: String(message.sdp) })
    await down.pc.setLocalDescription()
    send({ type: 'answer', id: key, sdp: down.pc.localDescription?.sdp })
  }
  const negotiate = async (key: string, more: Record<string, unknown>) => {
    const pc = ups.get(key)
    if (!pc) return
    await pc.setLocalDescription(await pc.createOffer({ iceRestart: more.restart === true }))
    send({
      type: 'offer',
      id: key,
      source: id,
      username,
      sdp: pc.localDescription?.sdp,
      ...more,
    })
  }
  const handle: Record<string, (message: Record<string, unknown>) => unknown> = {
    ping: () => send({ type: 'pong' }),
    offer: (message) => play(message),
    answer: (message) =>
      ups
        .get(streamOf(message))
        ?.setRemoteDescription({ type: 'answer', sdp: String(message.sdp) }),
    ice: (message) => {
      const pc = ups.get(streamOf(message)) ?? downs.get(streamOf(message))?.pc
      return pc?.addIceCandidate(message.candidate as RTCIceCandidateInit)
    },
    renegotiate: (message) => negotiate(streamOf(message), { restart: true }),
    close: (message) => drop(streamOf(message)),
    abort: (message) => {
      ups.get(streamOf(message))?.close()
      ups.delete(streamOf(message))
    },
  }
  const until = async <T>(find: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      await new Promise((done) => setTimeout(done, 10))
    }
  }
  const countersOf = async (pc: RTCPeerConnection) => {
    const counters = { frames: 0, width: 0, audioEnergy: 0 }
    for (const report of (await pc.getStats()).values()) {
      if (report.type !== 'inbound-rtp') continue
      counters.frames += report.framesDecoded ?? 0
      counters.width = Math.max(counters.width, report.frameWidth ?? 0)
      counters.audioEnergy += report.totalAudioEnergy ?? 0
    }
    return counters
  }
  const call: Call = {
    heard,
    send,
    async join(group, token) {
      socket = new WebSocket(`${url.replace('http', 'ws')}/ws`)
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data)
        heard.push(message)
        Promise.resolve(handle[message.type]?.(message)).catch((error) =>
          heard.push({ type: 'page-error', message: String(error) }),
        )
      }
      await new Promise((resolve) => {
        socket.onopen = resolve
      })
      send({ type: 'handshake', version: ['2'], id })
      send({ type: 'join', kind: 'join', group, token })
      const joined = await until(() => heard.find(({ type }) => type === 'joined'))
      username = String(joined.username)
    },
    request: (table) => send({ type: 'request', request: table }),
    async publish({ label, replace, simulcast, audio = true }) {
      const stream = await navigator.mediaDevices.getUserMedia({ audio, video: true })
      const pc = new RTCPeerConnection()
      const key = crypto.randomUUID()
      ups.set(key, pc)
      trickle(key, pc)
      for (const track of stream.getTracks())
        pc.addTransceiver(track, {
          direction: 'sendonly',
          streams: [stream],
          ...(simulcast && track.kind === 'video'
            ? { sendEncodings: [{ rid: 'h' }, { rid: 'l', scaleResolutionDownBy: 4 }] }
            : {}),
        })
      await negotiate(key, { label, ...(replace ? { replace } : {}) })
      if (replace) {
        ups.get(replace)?.close()
        ups.delete(replace)
      }
      return key
    },
    unpublish(key) {
      send({ type: 'close', id: key })
      ups.get(key)?.close()
      ups.delete(key)
    },
    received: () =>
      Promise.all(
        [...downs].map(async ([key, { pc, label, username: from }]) => ({
          id: key,
          label,
          username: from,
          ...(await countersOf(pc)),
        })),
      ),
    leave() {
      for (const pc of ups.values()) pc.close()
      for (const { pc } of downs.values()) pc.close()
      ups.clear()
      downs.clear()
      socket.close()
    },
  }
  Object.assign(window, { call })
}

/** A person in Chromium, in a page of their own, speaking to the SFU at `url`. */
export const openCallPage = async (browser: Browser, url: string) => {
  const page: Page = await (await browser.newContext()).newPage()
  await page.goto(`${url}/healthz`)
  // Where functions were compiled to keep their names, their text calls this.
  await page.evaluate('window.__name = (each) => each')
  await page.evaluate(`(${installCall})(${JSON.stringify(url)})`)
  const run = <T>(script: string): Promise<T> => page.evaluate(script)
  const text = JSON.stringify
  return {
    page,
    join: (group: string, token: string) => run<void>(`call.join(${text(group)}, ${text(token)})`),
    request: (table: Record<string, string[]>) => run<void>(`call.request(${text(table)})`),
    publish: (options: PublishOptions) => run<string>(`call.publish(${text(options)})`),
    unpublish: (id: string) => run<void>(`call.unpublish(${text(id)})`),
    send: (message: Record<string, unknown>) => run<void>(`call.send(${text(message)})`),
    received: () => run<Received[]>('call.received()'),
    heard: () => run<Record<string, unknown>[]>('call.heard'),
    leave: () => run<void>('call.leave()'),
    close: () => page.context().close(),
  }
}
export type CallPage = Awaited<ReturnType<typeof openCallPage>>
