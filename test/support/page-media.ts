/** What a page holds of WebRTC, seen by tests only. */
export type PageMedia = {
  peers: RTCPeerConnection[]
  /** Every track of a camera, a microphone or a screen that the page ever got. */
  tracks: MediaStreamTrack[]
}

declare global {
  interface Window {
    watched: PageMedia
  }
}

/** Runs in the page before anything of Pyrite does: collects peer connections and own tracks. */
export const watchMedia = () => {
  const watched: PageMedia = { peers: [], tracks: [] }
  window.watched = watched
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      watched.peers.push(this)
    }
  }
  const devices = navigator.mediaDevices
  if (!devices) return
  for (const name of ['getUserMedia', 'getDisplayMedia'] as const) {
    const original = devices[name].bind(devices)
    devices[name] = async (wanted) => {
      const stream = await original(wanted)
      watched.tracks.push(...stream.getTracks())
      return stream
    }
  }
}
