/** Frames that may wait for Galene, and their bytes together [SFU-2]. */
const MAX_FRAMES = 64
const MAX_BYTES = 262_144

type Frame = { type: string; text: string; bytes: number }

/** What waits for Galene on one connection: messages that leave when it is there, and what the browser said behind a join. */
export class Held {
  private written: Frame[] = []
  private heard: Frame[] = []
  private bytes = 0

  /** A message of this type leaves when Galene is there. False where too much waits then. */
  addWritten(type: string, text: string): boolean {
    return this.add(this.written, { type, text, bytes: text.length })
  }

  /** What the browser said is read when the join is answered. False where too much waits then. */
  addHeard(text: string, bytes: number): boolean {
    return this.add(this.heard, { type: '', text, bytes })
  }

  nextWritten(): Frame | undefined {
    return this.next(this.written)
  }

  nextHeard(): string | undefined {
    return this.next(this.heard)?.text
  }

  get hasHeard(): boolean {
    return this.heard.length > 0
  }

  clear() {
    this.written = []
    this.heard = []
    this.bytes = 0
  }

  private add(frames: Frame[], frame: Frame): boolean {
    frames.push(frame)
    this.bytes += frame.bytes
    return this.written.length + this.heard.length <= MAX_FRAMES && this.bytes <= MAX_BYTES
  }

  private next(frames: Frame[]): Frame | undefined {
    const frame = frames.shift()
    this.bytes -= frame?.bytes ?? 0
    return frame
  }
}
