/** How somebody looks who is painted instead of filmed. Colours as CSS has them. */
export type Portrait = {
  wall: string
  window: string
  skin: string
  hair: string
  shirt: string
  hasLongHair: boolean
}

/** Runs in a page: its camera shows a painted person who moves a little; the microphone stays as it is. */
export const paintCamera = (portrait: Portrait) => {
  const canvas = document.createElement('canvas')
  canvas.width = 1280
  canvas.height = 720
  const brush = canvas.getContext('2d')
  if (!brush) return
  const blob = (colour: string, x: number, y: number, width: number, height: number) => {
    brush.fillStyle = colour
    brush.beginPath()
    brush.ellipse(x, y, width, height, 0, 0, Math.PI * 2)
    brush.fill()
  }
  const block = (colour: string, x: number, y: number, width: number, height: number) => {
    brush.fillStyle = colour
    brush.beginPath()
    brush.roundRect(x, y, width, height, 14)
    brush.fill()
  }
  const room = () => {
    brush.fillStyle = portrait.wall
    brush.fillRect(0, 0, 1280, 720)
    block(portrait.window, 90, 70, 300, 330)
    block(portrait.wall, 232, 70, 14, 330)
    block('rgb(0 0 0 / 18%)', 950, 190, 260, 14)
    for (const [at, colour] of ['#a4472f', '#d8b25c', '#3f6b62', '#6c5a86', '#c98f5a'].entries()) {
      block(colour, 968 + at * 42, 96 + (at % 3) * 12, 32, 94 - (at % 3) * 12)
    }
  }
  const person = (sway: number) => {
    const x = 640 + sway * 8
    const { skin, hair, shirt, hasLongHair } = portrait
    if (hasLongHair) block(hair, x - 152, 250, 304, 330)
    block(shirt, 640 - 290 + sway * 3, 560, 580, 300)
    block(skin, x - 52, 470, 104, 130)
    blob(hair, x, 300, 158, 170)
    blob(skin, x, 345, 128, 158)
    blob(hair, x - 30, 225, 120, 62)
    blob('#2a2320', x - 46, 340, 11, 13)
    blob('#2a2320', x + 46, 340, 11, 13)
    brush.strokeStyle = '#8f4b3e'
    brush.lineWidth = 9
    brush.lineCap = 'round'
    brush.beginPath()
    brush.arc(x, 398, 44, 0.25 * Math.PI, 0.75 * Math.PI)
    brush.stroke()
  }
  setInterval(() => {
    room()
    person(Math.sin(performance.now() / 900))
  }, 66)
  const devices = navigator.mediaDevices
  const film = devices.getUserMedia.bind(devices)
  devices.getUserMedia = async (wanted) => {
    const stream = await film(wanted)
    for (const track of stream.getVideoTracks()) {
      track.stop()
      stream.removeTrack(track)
    }
    if (wanted?.video)
      for (const track of canvas.captureStream(15).getTracks()) stream.addTrack(track)
    return stream
  }
}
